import { readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withTempDir } from '../../../test/support/git-annex.ts';
import { ManualClock, settle } from '../../../test/support/manual-clock.ts';
import type { Change, ContentChange } from '../../types/change.ts';
import type { Event } from '../../types/event.ts';
import type { Key } from '../../types/key.ts';
import type { UUID } from '../../types/uuid.ts';
import { AuditLog, type LogFile } from './audit-log.ts';

const by = { user: 'ann', address: '192.0.2.7', requestId: '3f' } as const;

function stored(number: number): ContentChange {
  return {
    ...by,
    type: 'store',
    repository: 'lab',
    isComplete: true,
    served: 'cluster' as UUID,
    reached: ['cluster' as UUID, 'node' as UUID],
    key: `WORM-s${number}--\u00ff` as Key,
    associatedFile: 'a/\u00c3\u00b6',
    clientUUID: 'client' as UUID,
    receivedBytes: number,
  };
}

const push: Change = {
  ...by,
  type: 'push',
  repository: 'lab/mice',
  refs: [{ ref: 'refs/heads/main', from: '0', to: '1', outcome: 'ok' }],
};

async function linesOf(path: string): Promise<Record<string, unknown>[]> {
  const text = await readFile(path, 'utf8');
  expect(text === '' || text.endsWith('\n')).toBe(true);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('writes a line for each change', async () => {
  await withTempDir(async (dir) => {
    const path = join(dir, 'audit');
    const log = await AuditLog.open({ path, clock: new ManualClock(), events: () => undefined });
    log.write(stored(5));
    log.write(push);
    await log.close();
    const common = { time: '2023-11-14T22:13:20.000Z', user: 'ann', address: '192.0.2.7', request: '3f' };
    expect(await linesOf(path)).toEqual([
      {
        ...common,
        type: 'store',
        repository: 'lab',
        complete: true,
        served: 'cluster',
        reached: ['cluster', 'node'],
        key: '[V09STS1zNS0t_w==]',
        file: 'a/ö',
        client: 'client',
        bytes: 5,
      },
      {
        ...common,
        type: 'push',
        repository: 'lab/mice',
        refs: [{ ref: 'refs/heads/main', from: '0', to: '1', outcome: 'ok' }],
      },
    ]);
  });
});

test('follows its name when the file was put aside or removed, and a signal', async () => {
  await withTempDir(async (dir) => {
    const path = join(dir, 'audit');
    const log = await AuditLog.open({ path, clock: new ManualClock(), events: () => undefined });
    const writes = async (number: number): Promise<void> => {
      log.write(stored(number));
      await written(path, number);
    };
    await writes(1);
    await rename(path, `${path}.1`);
    await writes(2);
    await rm(path);
    await writes(3);
    log.reopen();
    await writes(4);
    await log.close();
    expect((await linesOf(`${path}.1`)).map(({ bytes }) => bytes)).toEqual([1]);
    expect((await linesOf(path)).map(({ bytes }) => bytes)).toEqual([3, 4]);
  });
});

test('a full disk is warned of once; what waited is written afterwards, what was too much is counted', async () => {
  await withTempDir(async (dir) => {
    const path = join(dir, 'audit');
    const clock = new ManualClock();
    const events: Event[] = [];
    const disk = new FullDisk();
    const log = await AuditLog.open({
      path,
      clock,
      events: (event) => events.push(event),
      openFile: async () => await Promise.resolve(disk),
    });
    disk.isFull = true;
    const file = 'x'.repeat(100_000);
    for (let number = 0; number < 100; number++) log.write({ ...stored(number), associatedFile: file });
    await until(() => events.length > 0);
    for (let turn = 0; turn < 5; turn++) await clock.advance(1000);
    expect(events).toEqual([{ type: 'warning', message: `the audit log ${path} cannot be written: ENOSPC` }]);
    expect(disk.text).toBe('');
    disk.isFull = false;
    while (disk.text === '') await clock.advance(1000);
    await log.close();
    const lines = disk.text.trimEnd().split('\n');
    expect(lines).toHaveLength(84);
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ type: 'lost', count: 17 });
  });
});

test('a place that cannot be written is said at once', async () => {
  const options = { path: '/nowhere/at/all', clock: new ManualClock(), events: () => undefined };
  await expect(AuditLog.open(options)).rejects.toThrow('/nowhere/at/all cannot be written: ENOENT');
});

/** Takes half of what it is given when it is full. */
class FullDisk implements LogFile {
  text = '';
  isFull = false;

  async appendFile(data: string | Uint8Array): Promise<void> {
    this.text += this.isFull ? String(data).slice(0, 30) : String(data);
    if (this.isFull) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
    await Promise.resolve();
  }

  datasync = async (): Promise<void> => await Promise.resolve();
  close = async (): Promise<void> => await Promise.resolve();

  async truncate(length = 0): Promise<void> {
    this.text = this.text.slice(0, length);
    await Promise.resolve();
  }

  // Node's own type has an overload for each kind of number.
  stat = (async () =>
    await Promise.resolve({ size: this.text.length, ino: 1, dev: 1 })) as unknown as LogFile['stat'];
}

async function written(path: string, number: number): Promise<void> {
  for (;;) {
    const lines = await linesOf(path).catch(() => []);
    if (lines.some(({ bytes }) => bytes === number)) return;
    await settle();
  }
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await settle();
}

import { existsSync, readFileSync } from 'node:fs';
import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { until } from '../../../test/support/annex-server.ts';
import { nodeUUID } from '../../../test/support/gateway-bench.ts';
import { withTempDir } from '../../../test/support/git-annex.ts';
import {
  operationEvent,
  requestEvent,
  sampleKey,
  sampleTransfer,
} from '../../../test/support/sample-events.ts';
import { AnnexError } from '../../types/annex-error.ts';
import { newTrace } from '../../types/trace-context.ts';
import { systemRng } from '../clock.ts';
import { openJsonLog } from './json-log.ts';

async function linesOf(file: string): Promise<readonly Record<string, unknown>[]> {
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('a request is one line, with all that was asked of it', async () => {
  await withTempDir(async (dir) => {
    const file = join(dir, 'log');
    const log = await openJsonLog({ file, debug: false });
    const trace = newTrace(true, systemRng);
    log.sink(requestEvent({ user: 'Zo\xc3\xab', trace }));
    log.sink(requestEvent({ status: 502 }));
    log.sink({ type: 'request-failed', requestId: 'r-2', error: new AnnexError('remote', 'disk "full"\n') });
    log.sink(operationEvent());
    await log.close();
    const [first, second, third, ...others] = await linesOf(file);
    expect(others).toEqual([]);
    expect(first).toMatchObject({
      level: 'info',
      event: 'request',
      requestId: 'r-1',
      method: 'POST',
      status: 200,
      durationMs: 12.346,
      user: 'Zoë',
      address: '192.0.2.7',
      bytesIn: 300,
      bytesOut: 200,
      traceId: trace.traceId,
    });
    expect(first?.['path']).toContain('/v4/checkpresent?');
    expect(Math.abs(Date.parse(String(first?.['time'])) - Date.now())).toBeLessThan(60_000);
    expect(second).toMatchObject({ level: 'error', status: 502 });
    expect(third).toMatchObject({ level: 'error', requestId: 'r-2', error: 'disk "full"\n', code: 'remote' });
  });
});

test('with debug everything is told, flat and decoded', async () => {
  await withTempDir(async (dir) => {
    const file = join(dir, 'log');
    const log = await openJsonLog({ file, debug: true });
    log.sink({ type: 'transfer-started', transfer: sampleTransfer({ file: 'f\xc3\xbc' }) });
    log.sink({
      type: 'content-locked',
      lock: { node: nodeUUID(0), key: sampleKey, client: nodeUUID(1), untilMs: 5.5, released: false },
    });
    await log.close();
    const [transfer, lock] = await linesOf(file);
    expect(transfer).toMatchObject({ level: 'debug', event: 'transfer-started', file: 'fü', key: sampleKey });
    expect(lock).toMatchObject({ event: 'content-locked', untilMs: 6, node: nodeUUID(0) });
  });
});

test('goes on in a new file where the old one was moved away', async () => {
  await withTempDir(async (dir) => {
    const file = join(dir, 'log');
    const log = await openJsonLog({ file, debug: false });
    log.sink({ type: 'warning', message: 'first' });
    await until(() => readFileSync(file, 'utf8').includes('first'));
    await rename(file, join(dir, 'log.1'));
    log.reopen();
    const told = ['first'];
    await until(() => {
      log.sink({ type: 'warning', message: `line ${told.length}` });
      told.push(`line ${told.length}`);
      return existsSync(file) && readFileSync(file, 'utf8').includes('line');
    });
    await log.close();
    const lines = [...(await linesOf(join(dir, 'log.1'))), ...(await linesOf(file))];
    expect(lines.map((line) => line['message'])).toEqual(told);
  });
});

test('a file that cannot be written is a clear error', async () => {
  await expect(openJsonLog({ file: '/nowhere/log', debug: false })).rejects.toThrow(
    /the log \/nowhere\/log cannot be written: ENOENT/,
  );
});

test('all lines are there in order, however soon the log is closed after them', async () => {
  await withTempDir(async (dir) => {
    const file = join(dir, 'log');
    const log = await openJsonLog({ file, debug: false });
    for (let index = 0; index < 5000; index++) log.sink({ type: 'warning', message: `${index}` });
    await log.close();
    log.sink({ type: 'warning', message: 'late' });
    const messages = (await linesOf(file)).map((line) => line['message']);
    expect(messages).toEqual(Array.from({ length: 5000 }, (_, index) => `${index}`));
  });
});

// Programs as channels: how their ends are told, and that none is left behind.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { bundleProgram } from '../../../test/support/bundle-program.ts';
import type { Channel } from '../../p2p/channel.ts';
import { processChannel } from './process-channel.ts';

const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('latin1');

async function readAll(channel: Channel): Promise<string> {
  let all = '';
  for (let bytes = await channel.read(); bytes !== undefined; bytes = await channel.read())
    all += text(bytes);
  return all;
}

function isRunning(pid: number | undefined): boolean {
  try {
    process.kill(pid ?? 0, 0);
    return true;
  } catch {
    return false;
  }
}

async function until(condition: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 500 && !condition(); attempt++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect(condition()).toBe(true);
}

test('bytes go through, and a program that ends well ends the channel', async () => {
  const channel = processChannel({ argv: ['cat'] });
  await channel.write(Buffer.from('through'));
  expect(text(await channel.read())).toBe('through');
  await channel.end();
  expect(await channel.read()).toBeUndefined();
  expect(await channel.exited).toBe(0);
});

test('what was said before a failure is read, then the failure with the last words', async () => {
  const channel = processChannel({ argv: ['sh', '-c', 'echo said; echo why >&2; exit 3'] });
  expect(text(await channel.read())).toBe('said\n');
  await expect(channel.read()).rejects.toMatchObject({
    code: 'peer',
    message: 'sh ended with exit status 3: why',
  });
  channel.destroy();
});

test('an exit status may mean more', async () => {
  const statusText = new Map([[255, 'could not connect']]);
  const channel = processChannel({ argv: ['sh', '-c', 'echo refused >&2; exit 255'], statusText });
  await expect(readAll(channel)).rejects.toMatchObject({ message: 'could not connect: refused' });
});

test('only the last 4 KiB of standard error are kept', async () => {
  const script = 'i=0; while [ $i -lt 1000 ]; do echo "line $i of many" >&2; i=$((i+1)); done; exit 1';
  const failure = readAll(processChannel({ argv: ['sh', '-c', script] })).then(
    () => '',
    (error: Error) => error.message,
  );
  expect((await failure).endsWith('line 999 of many')).toBe(true);
  expect((await failure).length).toBeLessThan(6000);
});

test('a program that is not there', async () => {
  const channel = processChannel({ argv: ['/nonexistent/program'] });
  await expect(channel.read()).rejects.toMatchObject({ code: 'config' });
  await expect(channel.write(Buffer.from('x'))).rejects.toMatchObject({ code: 'config' });
  expect(await channel.exited).toBeUndefined();
  channel.destroy();
});

test('a write to a program that ended tells how it ended', async () => {
  const channel = processChannel({ argv: ['sh', '-c', 'echo no >&2; exit 1'] });
  const writing = (async () => {
    for (let count = 0; count < 100; count++) await channel.write(Buffer.alloc(100_000));
  })();
  await expect(writing).rejects.toMatchObject({ message: 'sh ended with exit status 1: no' });
});

test('destroying ends the program and what it started, at once or by force', async () => {
  for (const trap of ['', 'trap "" TERM; ']) {
    const channel = processChannel({
      argv: ['sh', '-c', `${trap}sleep 1000 & echo $!; wait; sleep 1000`],
      graceMs: 200,
    });
    const child = Number(text(await channel.read()));
    const reading = channel.read();
    const reason = new Error('enough');
    channel.destroy(reason);
    channel.destroy(new Error('again'));
    await expect(reading).rejects.toBe(reason);
    expect(await channel.exited).toBeUndefined();
    await until(() => !isRunning(child));
    expect(isRunning(channel.pid)).toBe(false);
  }
});

test('a program that closes its output and goes on is ended', async () => {
  const channel = processChannel({ argv: ['sh', '-c', 'exec >&-; sleep 1000'], graceMs: 200 });
  await expect(channel.read()).rejects.toMatchObject({
    message: expect.stringContaining('signal') as unknown,
  });
  expect(isRunning(channel.pid)).toBe(false);
});

test('no program outlives us', async () => {
  const parent = spawn(process.execPath, [await bundleProgram('leave-child')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(line.toString());
  expect(isRunning(pid)).toBe(true);
  await once(parent, 'exit');
  await until(() => !isRunning(pid));
});

// Node's streams keep the contract of a Channel, above all when they break.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { PassThrough, Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { settle } from '../../../test/support/manual-clock.ts';
import { sampleContent } from '../../../test/support/sample-content.ts';
import type { Channel } from '../../p2p/channel.ts';
import { streamChannel } from './stream-channel.ts';

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

async function readAll(channel: Channel): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for (;;) {
    const part = await channel.read();
    if (part === undefined) return Buffer.concat(parts);
    parts.push(Uint8Array.from(part));
  }
}

async function socketPair(): Promise<readonly [Socket, Socket]> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no address');
  const here = connect({ port: address.port, host: '127.0.0.1', allowHalfOpen: true });
  const [there] = (await once(server, 'connection')) as [Socket];
  server.close();
  return [here, there];
}

test('bytes go through a process and back, to the end', async () => {
  const child = spawn('cat', { stdio: ['pipe', 'pipe', 'inherit'] });
  const channel = streamChannel(child.stdout, child.stdin);
  const content = sampleContent(3_000_000);
  const writing = (async () => {
    for (let at = 0; at < content.length; at += 70_000) {
      // The buffer is used again at once.
      const piece = Uint8Array.from(content.subarray(at, at + 70_000));
      await channel.write(piece);
      piece.fill(0);
    }
    await channel.end();
  })();
  expect((await readAll(channel)).equals(content)).toBe(true);
  await writing;
  expect(await channel.read()).toBeUndefined();
});

test('sockets: one end ends, the other goes on', async () => {
  const [here, there] = await socketPair();
  const [near, far] = [streamChannel(here, here), streamChannel(there, there)];
  await near.write(bytes('question'));
  await near.end();
  expect((await readAll(far)).toString()).toBe('question');
  await far.write(bytes('answer'));
  await far.end();
  expect((await readAll(near)).toString()).toBe('answer');
});

test('writes wait for their reader', async () => {
  const [here, there] = await socketPair();
  const [near, far] = [streamChannel(here, here), streamChannel(there, there)];
  let written = 0;
  const writing = (async () => {
    for (let count = 0; count < 200; count++) {
      await near.write(Buffer.alloc(100_000));
      written++;
    }
  })();
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(written).toBeLessThan(150);
  const finishing = writing.then(() => near.end());
  expect(await readAll(far)).toHaveLength(20_000_000);
  await finishing;
  far.destroy();
});

test('a process that is gone is a rejected write', async () => {
  const child = spawn('true', { stdio: ['pipe', 'pipe', 'inherit'] });
  const channel = streamChannel(child.stdout, child.stdin);
  await once(child, 'exit');
  const writing = (async () => {
    for (let count = 0; count < 100; count++) await channel.write(Buffer.alloc(100_000));
  })();
  await expect(writing).rejects.toThrow(/EPIPE|closed|destroyed/);
  await expect(channel.write(bytes('x'))).rejects.toThrow(/EPIPE|closed|destroyed/);
  expect(await channel.read()).toBeUndefined();
  await channel.end();
});

test('a connection that is reset rejects what reads and what writes', async () => {
  const [here, there] = await socketPair();
  const channel = streamChannel(here, here);
  const reading = channel.read();
  reading.catch(() => undefined);
  there.resetAndDestroy();
  await expect(reading).rejects.toThrow(/ECONNRESET|closed/);
  await expect(channel.write(bytes('x'))).rejects.toThrow(/ECONNRESET|EPIPE|closed/);
  await channel.end();
});

test('destroying rejects what waits with its reason, and late errors end nothing', async () => {
  const readable = new PassThrough();
  const writable = new Writable({ write: () => undefined });
  const channel = streamChannel(readable, writable);
  const reading = channel.read();
  const writing = channel.write(bytes('never taken'));
  const ending = channel.end();
  channel.destroy(new Error('enough'));
  channel.destroy(new Error('again'));
  await expect(reading).rejects.toThrow('enough');
  await expect(writing).rejects.toThrow('enough');
  await expect(channel.read()).rejects.toThrow('enough');
  await expect(channel.write(bytes('x'))).rejects.toThrow('enough');
  await ending;
  readable.emit('error', new Error('late'));
  writable.emit('error', new Error('late'));
  await settle();
});

test('an error that comes while nobody reads is told to the next who does, after what came before', async () => {
  const readable = new PassThrough();
  const channel = streamChannel(readable, new PassThrough());
  await settle();
  readable.destroy(new Error('the disk is gone'));
  await settle();
  await expect(channel.read()).rejects.toThrow('the disk is gone');
  await expect(channel.read()).rejects.toThrow('the disk is gone');
});

test('two reads at a time are refused', async () => {
  const readable = new PassThrough();
  const channel = streamChannel(readable, new PassThrough());
  const reading = channel.read();
  await expect(channel.read()).rejects.toThrow('a read is running already');
  readable.end('x');
  expect((await reading)?.toString()).toBe('x');
  expect(await channel.read()).toBeUndefined();
});

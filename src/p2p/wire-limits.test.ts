// How long a wire waits: for ever between messages, for a limited time in the middle of something.
import { expect, test } from 'vitest';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { byteStringToBytes } from '../util/byte-string.ts';
import { collect } from '../util/bytes.ts';
import type { Channel } from './channel.ts';
import { memoryChannels } from './memory-channel.ts';
import { Wire } from './wire.ts';

interface Bench {
  readonly clock: ManualClock;
  readonly wire: Wire;
  readonly client: Channel;
}

function bench(): Bench {
  const clock = new ManualClock();
  const [client, there] = memoryChannels();
  const limits = { stallMs: 60_000, patienceMs: 300_000 };
  return { clock, wire: new Wire(there, { clock, limits }), client };
}

const bytes = byteStringToBytes;

/** How it ended; undefined while it goes on. */
function watch(promise: Promise<unknown>): () => string | undefined {
  let outcome: string | undefined;
  promise.then(
    () => (outcome = 'done'),
    (error: Error) => (outcome = error.message),
  );
  return () => outcome;
}

test('between messages the other side may be silent for as long as it likes', async () => {
  const { clock, wire, client } = bench();
  const received = watch(wire.receive());
  await clock.advance(86_400_000);
  await client.write(bytes('SUCCESS\n'));
  await clock.advance(0);
  expect(received()).toBe('done');
  expect(clock.waiting).toBe(0);
});

test('half a line ends the channel after the limit, counted from its last byte', async () => {
  const { clock, wire, client } = bench();
  const received = watch(wire.receive());
  for (const piece of ['S', 'U', 'C']) {
    await client.write(bytes(piece));
    await clock.advance(59_000);
  }
  expect(received()).toBeUndefined();
  await clock.advance(1000);
  expect(received()).toBe('the other side sent no byte for 60 s');
  await expect(client.read()).rejects.toThrow('sent no byte');
});

test('half of the data ends the channel after the limit, slow data does not', async () => {
  const { clock, wire, client } = bench();
  const received = watch(collect(wire.receiveData(5)));
  for (const piece of ['a', 'b', 'c', 'd']) {
    await client.write(bytes(piece));
    await clock.advance(59_000);
  }
  expect(received()).toBeUndefined();
  await clock.advance(1000);
  expect(received()).toBe('the other side sent no byte for 60 s');
});

test('a message that is due is waited for with more patience', async () => {
  const { clock, wire } = bench();
  const received = watch(wire.receive({ isDue: true }));
  await clock.advance(299_000);
  expect(received()).toBeUndefined();
  await clock.advance(1000);
  expect(received()).toBe('the other side sent no byte for 300 s');
});

test('what nobody takes ends the channel', async () => {
  const { clock, wire, client } = bench();
  const sent = watch(wire.sendBytes(bytes('abc')));
  const said = watch(wire.send({ type: 'SUCCESS' }));
  await clock.advance(299_000);
  expect(sent()).toBeUndefined();
  await client.read();
  await clock.advance(1000);
  expect([sent(), said()]).toEqual(['done', 'the other side took no byte for 300 s']);
});

test('without limits nothing is timed', async () => {
  const [client, there] = memoryChannels();
  const wire = new Wire(there);
  const received = wire.receive({ isDue: true });
  await client.write(bytes('SUCC'));
  await client.write(bytes('ESS\n'));
  expect(await received).toEqual({ type: 'SUCCESS' });
});

test('who takes a large chunk slowly is not cut off, who takes none of it is', async () => {
  const clock = new ManualClock();
  let bytesPerMs = 1;
  let cut: Error | undefined;
  // A pipe that hands over what it is given bit by bit.
  const slow: Channel = {
    read: () => Promise.resolve(undefined),
    write: (chunk) =>
      new Promise((resolve) => void (bytesPerMs > 0 && clock.after(chunk.length / bytesPerMs, resolve))),
    end: () => Promise.resolve(),
    destroy: (reason) => (cut = reason),
  };
  const wire = new Wire(slow, { clock, limits: { stallMs: 60_000, patienceMs: 300_000 } });
  const sent = watch(wire.sendBytes(new Uint8Array(1_048_576)));
  await clock.advance(1_048_576);
  expect([cut, sent()]).toEqual([undefined, 'done']);
  bytesPerMs = 0;
  void wire.sendBytes(new Uint8Array(1_048_576));
  await clock.advance(300_000);
  expect(cut?.message).toBe('the other side took no byte for 300 s');
});

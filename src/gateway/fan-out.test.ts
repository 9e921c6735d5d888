// Uploads to nodes that stop taking bytes: dropped while others wait, waited for when slow or alone.
import { describe, expect, test } from 'vitest';
import {
  contextOf,
  faultyCluster,
  GatewayBench,
  hashKey,
  nodeUUID,
} from '../../test/support/gateway-bench.ts';
import { ManualClock, settle } from '../../test/support/manual-clock.ts';
import { patterned, sendAll, uploadOf } from '../remote/conformance/check.ts';
import { FaultyRemote, type Fault, type FaultyStep } from '../remote/faulty-remote.ts';
import { linkSignal } from '../util/linked-signal.ts';
import { FanOut, type Receiver } from './fan-out.ts';

const content = patterned(200_000, 1);
const key = hashKey(content);

describe('a node that stalls', () => {
  test('while others wait is dropped after 30 s, and the others finish', async () => {
    const { bench, memory, cluster } = faultyCluster({ 1: { send: { type: 'stall' } } });
    const upload = uploadOf(await cluster.store(key, {}, contextOf()));
    let done = false;
    const sending = sendAll(upload, content).then(() => (done = true));
    await bench.clock.advance(29_999);
    expect(done).toBe(false);
    await bench.clock.advance(1);
    await sending;
    expect((await upload.finish('valid')).plusUUIDs).toEqual([nodeUUID(0), nodeUUID(2)]);
    expect(bench.failedNodes()).toEqual([nodeUUID(1)]);
    expect(memory[1]?.contents.has(key)).toBe(false);
    expect(bench.clock.waiting).toBe(0);
  });

  test('alone is waited for', async () => {
    const stall: Partial<Record<FaultyStep, Fault>> = { send: { type: 'stall' } };
    const { bench, cluster } = faultyCluster({ 0: stall, 1: stall, 2: stall });
    const controller = new AbortController();
    const upload = uploadOf(await cluster.store(key, {}, contextOf(controller.signal)));
    const sending = upload.send(content);
    await bench.clock.advance(1_000_000);
    const reason = new Error('gone');
    controller.abort(reason);
    await expect(sending).rejects.toBe(reason);
    expect(bench.failedNodes()).toEqual([]);
  });

  test.each([
    ['before it takes a byte after its part, has the time to hash that', 30_000_000_000, 0, 630],
    ['after it went on from its part has no more time than others', 30_000_000_000, 10, 30],
    ['and has no part', 0, 0, 30],
  ])('%s', async (_name, offset, takenMiB, seconds) => {
    const clock = new ManualClock();
    const dropped: unknown[] = [];
    const receivers = [0, 1].map((index) => receiver(index, offset, index === 0 ? Infinity : takenMiB));
    const fanOut = new FanOut({
      receivers,
      offset,
      clock,
      stallMs: 30_000,
      onDrop: ({ node }, error) => void dropped.push(node.remote.uuid, String(error)),
    });
    const sending = sendMiB(fanOut, takenMiB + 1);
    await clock.advance(seconds * 1000 - 1);
    expect(dropped).toEqual([]);
    await clock.advance(1);
    await sending;
    expect(dropped).toEqual([
      nodeUUID(1),
      expect.stringContaining(`took no byte for ${seconds} seconds`) as unknown,
    ]);
    fanOut.close();
    expect(clock.waiting).toBe(0);
  });

  async function sendMiB(fanOut: FanOut, count: number): Promise<void> {
    for (let sent = 0; sent < count; sent++) await fanOut.send(new Uint8Array(1_048_576));
  }

  /** One that takes so much, and then nothing. */
  function receiver(index: number, offset: number, takesMiB: number): Receiver {
    const bench = new GatewayBench();
    let takenBytes = 0;
    return {
      node: bench.node(bench.memory(index)),
      link: linkSignal(new AbortController().signal),
      upload: {
        type: 'upload',
        offset,
        announce: () => undefined,
        send: async (chunk) => {
          takenBytes += chunk.length;
          if (takenBytes > takesMiB * 1_048_576) await new Promise(() => undefined);
        },
        finish: () => Promise.reject(new Error('not asked for')),
        dataPresent: () => Promise.reject(new Error('not asked for')),
        abort: () => Promise.resolve(),
      },
    };
  }

  test('is not dropped for being slow', async () => {
    const bench = new GatewayBench();
    const gate = { open: (): void => undefined };
    const slow = new FaultyRemote(bench.memory(0), (step) => {
      if (step !== 'send') return undefined;
      return { type: 'wait', until: new Promise<void>((resolve) => (gate.open = resolve)) };
    });
    const cluster = bench.cluster([bench.node(slow), bench.node(bench.memory(1))]);
    const upload = uploadOf(await cluster.store(key, {}, contextOf()));
    const sending = sendAll(upload, content, 50_000);
    for (let chunk = 0; chunk < 4; chunk++) {
      await bench.clock.advance(20_000);
      gate.open();
      await settle();
    }
    await sending;
    expect((await upload.finish('valid')).plusUUIDs).toHaveLength(2);
  });

  test('when it is asked at the end whether it still has the content is not waited for', async () => {
    const { bench, memory, cluster } = faultyCluster({ 1: { checkPresent: { type: 'stall' } } }, false);
    memory[1]?.contents.set(key, content);
    const upload = uploadOf(await cluster.store(key, {}, contextOf()));
    await sendAll(upload, content);
    const finishing = upload.finish('valid');
    await bench.clock.advance(30_000);
    expect((await finishing).plusUUIDs).toEqual([nodeUUID(0), nodeUUID(2)]);
    expect(bench.clock.waiting).toBe(0);
  });

  test('at the beginning is left out, where it is far away', async () => {
    const { bench, cluster } = faultyCluster({ 1: { store: { type: 'stall' } } }, false);
    const beginning = cluster.store(key, {}, contextOf());
    await bench.clock.advance(30_000);
    const upload = uploadOf(await beginning);
    await sendAll(upload, content);
    expect((await upload.finish('valid')).plusUUIDs).toEqual([nodeUUID(0), nodeUUID(2)]);
  });
});

// What is told of the questions to a Remote: transfers with what has moved, operations with their outcome, locks, health.
import { expect, test } from 'vitest';
import { contextOf, GatewayBench, hashKey, nodeUUID, seededRng } from '../../test/support/gateway-bench.ts';
import { patterned, sendAll, uploadOf } from '../remote/conformance/check.ts';
import type { Context, Remote } from '../remote/remote.ts';
import { AnnexError } from '../types/annex-error.ts';
import type { Event, NodeOperation, Transfer } from '../types/event.ts';
import { newTrace } from '../types/trace-context.ts';
import { ObservedRemote } from './observed-remote.ts';

const content = patterned(200_000, 1);
const key = hashKey(content);

function observed(bench: GatewayBench, over: Partial<Remote> = {}): ObservedRemote {
  const remote = bench.memory(0);
  const changed: Remote = {
    uuid: remote.uuid,
    traits: remote.traits,
    checkPresent: (...args) => remote.checkPresent(...args),
    lockContent: (...args) => remote.lockContent(...args),
    retrieve: (...args) => remote.retrieve(...args),
    store: (...args) => remote.store(...args),
    remove: (...args) => remote.remove(...args),
    timestamp: (...args) => remote.timestamp(...args),
    ...over,
  };
  const { clock, report } = bench;
  return new ObservedRemote(changed, { clock, report, rng: seededRng() });
}

function told<T extends Event['type']>({ events }: GatewayBench, type: T): readonly (Event & { type: T })[] {
  return events.filter((event): event is Event & { type: T } => event.type === type);
}

async function put(remote: Remote, context: Context = contextOf()): Promise<void> {
  const upload = uploadOf(await remote.store(key, {}, context));
  upload.announce(content.length);
  await upload.send(content.slice());
  await upload.finish('valid');
}

test('an upload is told when bytes begin to move, and what has moved is seen meanwhile', async () => {
  const bench = new GatewayBench();
  const remote = observed(bench);
  const context = { ...contextOf(), associatedFile: 'a file' };
  const upload = uploadOf(await remote.store(key, {}, context));
  expect(bench.events).toEqual([]);
  upload.announce(content.length);
  const [started] = told(bench, 'transfer-started');
  const transfer = started?.transfer as Transfer;
  expect(transfer).toMatchObject({
    direction: 'upload',
    node: nodeUUID(0),
    key,
    file: 'a file',
    requestId: 'test',
    offset: 0,
    lengthBytes: content.length,
    movedBytes: 0,
  });
  await upload.send(content.slice(0, 50_000));
  expect(transfer.movedBytes).toBe(50_000);
  await upload.send(content.slice(50_000));
  await bench.clock.advance(1500);
  await upload.finish('valid');
  expect(told(bench, 'transfer-ended')).toMatchObject([{ outcome: 'done', transfer }]);
  const [operation] = told(bench, 'node-operation') as readonly NodeOperation[];
  expect(operation).toMatchObject({ operation: 'put', error: undefined, aborted: false, durationMs: 1500 });
});

test('an upload that nothing was sent to is no transfer', async () => {
  const bench = new GatewayBench();
  await uploadOf(await observed(bench).store(key, {}, contextOf())).abort();
  expect(bench.events.map(({ type }) => type)).toEqual(['node-operation']);
});

test('a download ends done, failed or abandoned', async () => {
  const bench = new GatewayBench();
  const remote = observed(bench);
  await put(remote);
  const whole = await remote.retrieve(key, { offset: 0 }, contextOf());
  for await (const _chunk of whole?.chunks ?? []);
  const left = await remote.retrieve(key, { offset: 0 }, contextOf());
  const iterator = left?.chunks[Symbol.asyncIterator]();
  await iterator?.next();
  await iterator?.return?.();
  const broken = observed(bench, {
    retrieve: () =>
      Promise.resolve({
        lengthBytes: 10,
        stable: true,
        chunks: {
          [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new AnnexError('peer', 'gone')) }),
        },
        validity: () => Promise.resolve('valid'),
      }),
  });
  const failing = await broken.retrieve(key, { offset: 0 }, contextOf());
  await expect(failing?.chunks[Symbol.asyncIterator]().next()).rejects.toThrow('gone');
  const downloads = told(bench, 'transfer-ended').filter(({ transfer }) => transfer.direction === 'download');
  expect(downloads.map(({ outcome }) => outcome)).toEqual(['done', 'abandoned', 'failed']);
  expect(downloads[0]?.transfer.movedBytes).toBe(content.length);
  expect(told(bench, 'node-operation').map(({ error }) => error instanceof AnnexError)).toEqual([
    false,
    false,
    false,
    true,
  ]);
});

test('a client that goes away ends its upload, and is no fault of the node', async () => {
  const bench = new GatewayBench();
  const remote = observed(bench);
  const asking = new AbortController();
  const upload = uploadOf(await remote.store(key, {}, contextOf(asking.signal)));
  upload.announce(content.length);
  asking.abort(new AnnexError('peer', 'the client hung up'));
  expect(told(bench, 'transfer-ended')).toMatchObject([{ outcome: 'abandoned' }]);
  await upload.abort();
  expect(told(bench, 'transfer-ended')).toHaveLength(1);
  await expect(remote.checkPresent(key, contextOf(asking.signal))).rejects.toThrow('hung up');
  expect(told(bench, 'node-operation').at(-1)).toMatchObject({ operation: 'checkpresent', aborted: true });
});

test('a node that failed is told of when it is back', async () => {
  const bench = new GatewayBench();
  let isThere = false;
  const remote = observed(bench, {
    checkPresent: () =>
      isThere ? Promise.resolve(true) : Promise.reject(new AnnexError('peer', 'unreachable')),
  });
  await expect(remote.checkPresent(key, contextOf())).rejects.toThrow('unreachable');
  await expect(remote.checkPresent(key, contextOf())).rejects.toThrow('unreachable');
  isThere = true;
  await remote.checkPresent(key, contextOf());
  await remote.checkPresent(key, contextOf());
  expect(told(bench, 'node-back')).toEqual([{ type: 'node-back', node: nodeUUID(0) }]);
});

test('a lock is told, with how long it holds', async () => {
  const bench = new GatewayBench();
  const remote = observed(bench);
  await put(remote);
  const lock = await remote.lockContent(key, contextOf());
  if (!lock.locked) throw new Error(lock.reason);
  const [event] = told(bench, 'content-locked');
  const untilMs = event?.lock.untilMs ?? 0;
  expect(event?.lock).toMatchObject({ node: nodeUUID(0), key, released: false });
  await bench.clock.advance(1000);
  await lock.extend();
  expect(event?.lock.untilMs).toBe(untilMs + 1000);
  await lock.release();
  expect(event?.lock.released).toBe(true);
});

test('in a trace, the node is asked as a child; without one the context is passed on as it is', async () => {
  const bench = new GatewayBench();
  const seen: Context[] = [];
  const remote = observed(bench, {
    checkPresent: (_key, context) => {
      seen.push(context);
      return Promise.resolve(true);
    },
  });
  const trace = newTrace(true, seededRng(7));
  const traced = { ...contextOf(), trace };
  await remote.checkPresent(key, traced);
  const plain = contextOf();
  await remote.checkPresent(key, plain);
  expect(seen[0]?.trace).toMatchObject({ traceId: trace.traceId, parentSpanId: trace.spanId, sampled: true });
  expect(seen[0]?.signal).toBe(traced.signal);
  expect(seen[1]).toBe(plain);
  expect(told(bench, 'node-operation')[0]?.trace).toBe(seen[0]?.trace);
});

test('content is sent whole through it', async () => {
  const bench = new GatewayBench();
  const upload = uploadOf(await observed(bench).store(key, {}, contextOf()));
  await sendAll(upload, content);
  expect((await upload.finish('valid')).stored).toBe(true);
});

// A proxied remote: what it records, and when.
import { expect, test } from 'vitest';
import {
  contextOf,
  faultyCluster,
  GatewayBench,
  hashKey,
  nodeUUID,
} from '../../test/support/gateway-bench.ts';
import { patterned, sendAll, uploadOf } from '../remote/conformance/check.ts';
import { FaultyRemote } from '../remote/faulty-remote.ts';
import type { Content, Upload } from '../remote/remote.ts';
import { parseKey, type Key } from '../types/key.ts';

const content = patterned(1000, 1);
const key = hashKey(content);

test('logs what was stored before it answers, and what was removed', async () => {
  const bench = new GatewayBench();
  const order: string[] = [];
  const logChange = bench.log.logChange.bind(bench.log);
  bench.log.logChange = async (...args) => {
    await new Promise((resolve) => setImmediate(resolve));
    await logChange(...args);
    order.push('logged');
  };
  const proxied = bench.proxied(bench.memory(0));
  const upload = uploadOf(await proxied.store(key, {}, contextOf()));
  await sendAll(upload, content);
  expect(await bench.logged(key)).toEqual([]);
  await upload.finish('valid').then(() => order.push('answered'));
  expect(await bench.logged(key)).toEqual([nodeUUID(0)]);
  await proxied.remove(key, {}, contextOf()).then(() => order.push('answered'));
  expect(await bench.logged(key)).toEqual([]);
  expect(order).toEqual(['logged', 'answered', 'logged', 'answered']);
  expect(bench.events.map(({ type }) => type)).toEqual(['stored', 'removed']);
});

test('logs content that was there already', async () => {
  const bench = new GatewayBench();
  const remote = bench.memory(0);
  remote.contents.set(key, content);
  expect((await bench.proxied(remote).store(key, {}, contextOf())).type).toBe('already-have');
  expect(await bench.logged(key)).toEqual([nodeUUID(0)]);
});

test('logs nothing of what failed', async () => {
  const bench = new GatewayBench();
  const remote = bench.memory(0);
  const proxied = bench.proxied(remote);
  const wrong = uploadOf(await proxied.store(key, {}, contextOf()));
  await sendAll(wrong, patterned(1000, 2));
  expect((await wrong.finish('valid')).stored).toBe(false);
  await remote.store(key, {}, contextOf()).then((answer) => uploadOf(answer).abort());
  remote.contents.set(key, content);
  await bench.log.logChange(key, { present: [nodeUUID(0)], missing: [] });
  const lock = await remote.lockContent(key, contextOf());
  expect(lock.locked).toBe(true);
  expect((await proxied.remove(key, {}, contextOf())).removed).toBe(false);
  expect(await bench.logged(key)).toEqual([nodeUUID(0)]);
});

test('is not stored where the log cannot be written', async () => {
  const bench = new GatewayBench();
  const upload = uploadOf(await bench.proxied(bench.memory(0)).store(key, {}, contextOf()));
  await sendAll(upload, content);
  bench.log.logChange = () => Promise.reject(new Error('disk full'));
  await expect(upload.finish('valid')).rejects.toThrow('disk full');
});

test('its transfers count while they run, however they end', async () => {
  const bench = new GatewayBench();
  const remote = bench.memory(0);
  const proxied = bench.proxied(remote);
  const running = (): number => bench.loads.running(nodeUUID(0));
  const begin = async (signal?: AbortSignal): Promise<Upload> => {
    const upload = uploadOf(await proxied.store(key, {}, contextOf(signal)));
    expect(running()).toBe(1);
    return upload;
  };
  await (await begin()).abort();
  expect(running()).toBe(0);
  const gone = new AbortController();
  await begin(gone.signal);
  gone.abort(new Error('gone'));
  expect(running()).toBe(0);
  const upload = await begin();
  await sendAll(upload, content);
  await upload.finish('valid');
  expect(running()).toBe(0);
  const open = async (): Promise<AsyncIterator<Uint8Array>> => {
    const found = (await proxied.retrieve(key, { offset: 0 }, contextOf())) as Content;
    expect(running()).toBe(1);
    return found.chunks[Symbol.asyncIterator]();
  };
  await (await open()).return?.();
  expect(running()).toBe(0);
  const chunks = await open();
  while ((await chunks.next()).done !== true) expect(running()).toBe(1);
  expect(running()).toBe(0);
  remote.contents.clear();
  expect(await proxied.retrieve(key, { offset: 0 }, contextOf())).toBeUndefined();
  expect(running()).toBe(0);
});

test('an error of the node is an error', async () => {
  const bench = new GatewayBench();
  const proxied = bench.proxied(new FaultyRemote(bench.memory(0), () => ({ type: 'throw' })));
  await expect(proxied.remove(key, {}, contextOf())).rejects.toThrow('on purpose');
  await expect(proxied.checkPresent(key, contextOf())).rejects.toThrow('on purpose');
  expect(await bench.logged(key)).toEqual([]);
});

test('takes no key that cannot be logged', async () => {
  const bench = new GatewayBench();
  const unloggable = parseKey(`WORM--${'a'.repeat(255)}`) as Key;
  for (const remote of [bench.proxied(bench.memory(0)), faultyCluster().cluster]) {
    expect(await remote.store(unloggable, {}, contextOf())).toMatchObject({ type: 'refused' });
  }
});

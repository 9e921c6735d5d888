// Downloads and uploads of the client's side of the P2P protocol against scripts of what a server says: version 0, which
// has no validity, what is taken back, and what ends in the middle.
import { describe, expect, test } from 'vitest';
import { contextOf, unverifiableKey } from '../../test/support/gateway-bench.ts';
import {
  ClientBench,
  content,
  key,
  other,
  uuid,
  type ScriptedServer,
} from '../../test/support/client-bench.ts';
import { settle } from '../../test/support/manual-clock.ts';
import { patterned, rejection, sendAll, uploadOf } from '../remote/conformance/check.ts';
import { bytesToByteString } from '../util/byte-string.ts';
import { collect } from '../util/bytes.ts';
import { workMs } from '../types/time-limits.ts';
import type { StoreAnswer, Upload } from '../remote/remote.ts';

const has = (text: string): unknown => expect.stringContaining(text);

describe('version 0', () => {
  async function old(): Promise<ClientBench> {
    const bench = new ClientBench();
    bench.greeting = `AUTH-SUCCESS ${uuid}\nERROR unknown command\n`;
    await bench.warm();
    return bench;
  }

  test.each([
    ['the content', content, key, 'valid'],
    ['other content', patterned(1000, 2), key, 'invalid'],
    ['what no hash verifies', content, unverifiableKey('x', 1000), 'invalid'],
  ] as const)('%s is judged by its digest', async (_name, bytes, asked, validity) => {
    const bench = await old();
    const getting = bench.remote.retrieve(asked, { offset: 0 }, contextOf());
    const server = await bench.server(0);
    await server.say(`DATA ${bytes.length}\n${bytesToByteString(bytes)}`);
    const download = await getting;
    expect(await collect(download!.chunks)).toEqual(bytes);
    expect(await download?.validity()).toBe(validity);
    expect(server.heard).toContain(validity === 'valid' ? 'SUCCESS\n' : 'FAILURE\n');
  });

  test('no bytes may mean that it is not there', async () => {
    const bench = await old();
    for (const isPresent of [true, false]) {
      const getting = bench.remote.retrieve(key, { offset: 1000 }, contextOf());
      const server = await bench.server(0);
      await server.say('DATA 0\n');
      await server.say(isPresent ? 'SUCCESS\n' : 'FAILURE\n');
      expect((await getting)?.lengthBytes).toBe(isPresent ? 0 : undefined);
    }
  });

  test('an upload has no validity', async () => {
    const bench = await old();
    const storing = bench.remote.store(key, {}, contextOf());
    const server = await bench.server(0);
    await server.say('PUT-FROM 0\n');
    const upload = uploadOf(await storing);
    await sendAll(upload, content);
    const finishing = upload.finish('valid');
    await settle();
    expect(server.heard.endsWith(bytesToByteString(content))).toBe(true);
    await server.say('SUCCESS\n');
    expect(await finishing).toEqual({ stored: true, plusUUIDs: [] });
  });
});

describe('uploads', () => {
  async function begun(
    offset = 0,
    from?: number,
  ): Promise<{ bench: ClientBench; server: ScriptedServer; answer: Promise<unknown> }> {
    const bench = new ClientBench();
    const server = await bench.warm();
    const answer = bench.remote.store(key, { from }, contextOf());
    answer.catch(() => undefined);
    await settle();
    await server.say(`PUT-FROM ${offset}\n`);
    return { bench, server, answer };
  }

  test('of one key there is one at a time', async () => {
    const { bench, server, answer } = await begun();
    const second = { type: 'refused', code: 'busy' };
    expect(await bench.remote.store(key, {}, contextOf())).toMatchObject(second);
    expect(bench.servers).toHaveLength(1);
    const aborting = uploadOf((await answer) as StoreAnswer).abort();
    await settle();
    expect(await bench.remote.store(key, {}, contextOf())).toMatchObject(second);
    await server.say('FAILURE\n');
    await aborting;
    const third = bench.remote.store(key, {}, contextOf());
    await settle();
    await server.say('ERROR not today\n');
    expect(await third).toMatchObject({ type: 'refused', reason: 'not today' });
    bench.failure = new Error('no route');
    await server.channel.end();
    await settle();
    await expect(bench.remote.store(key, {}, contextOf())).rejects.toThrow('no route');
    await expect(bench.remote.store(key, {}, contextOf())).rejects.toThrow('no route');
  });

  test('one that is behind is taken back, and the conversation goes on', async () => {
    const { bench, server, answer } = await begun(10, 20);
    expect(server.heard).toContain('DATA 0\nINVALID\n');
    await server.say('FAILURE\n');
    expect(await answer).toMatchObject({ type: 'refused', code: 'behind' });
    const asking = bench.remote.checkPresent(key, contextOf());
    await settle();
    await server.say('SUCCESS\n');
    expect(await asking).toBe(true);
    expect(bench.servers).toHaveLength(1);
  });

  test.each([
    ['ALREADY-HAVE', { type: 'already-have', plusUUIDs: [] }],
    [`ALREADY-HAVE-PLUS ${other}`, { type: 'already-have', plusUUIDs: [other] }],
    ['ERROR this repository is read-only; write access denied', { type: 'refused', code: 'access' }],
    ['ERROR something else', { type: 'refused', code: 'unavailable', reason: 'something else' }],
  ])('%s', async (line, expected) => {
    const bench = new ClientBench();
    const storing = bench.remote.store(key, {}, contextOf());
    await (await bench.server(0)).say(`${line}\n`);
    expect(await storing).toMatchObject(expected);
  });

  test('what was sent of a short one arrives, and nothing is said to be stored', async () => {
    const { server, answer } = await begun();
    const upload = uploadOf((await answer) as never);
    upload.announce(300);
    await upload.send(content.subarray(0, 300));
    const finishing = upload.finish('valid');
    await settle();
    // The other side is told the whole length, so that it knows that some is missing.
    expect(server.heard).toBe(`PUT  ${key}\nDATA 1000\n${bytesToByteString(content.subarray(0, 300))}`);
    expect(server.isEnded).toBe(true);
    await server.channel.end();
    expect(await finishing).toMatchObject({ stored: false });
  });

  test('a hang up is told as what it may be', async () => {
    const { server, answer } = await begun();
    const upload = uploadOf((await answer) as never);
    await server.channel.end();
    await settle();
    expect(await rejection(upload.send(content), 'send')).toMatchObject({
      code: 'peer',
      message: has('another upload'),
    });
    expect(await rejection(upload.send(content), 'send')).toMatchObject({ code: 'invariant' });
  });

  test('DATA-PRESENT', async () => {
    const { server, answer } = await begun();
    const upload = uploadOf((await answer) as never);
    const presenting = upload.dataPresent();
    await settle();
    expect(server.heard).toBe(`PUT  ${key}\nDATA-PRESENT\n`);
    await server.say('SUCCESS\n');
    expect(await presenting).toEqual({ stored: true, plusUUIDs: [] });
  });

  test('no length, no upload', async () => {
    const bench = new ClientBench();
    const sizeless = unverifiableKey('sizeless', undefined);
    const storing = bench.remote.store(sizeless, {}, contextOf());
    const server = await bench.server(0);
    await server.say('PUT-FROM 0\n');
    const upload = uploadOf(await storing);
    const sending = rejection(upload.send(content), 'send');
    await settle();
    await server.say('FAILURE\n');
    expect(await sending).toMatchObject({ code: 'invariant' });
  });
});

test('downloads that end early', async () => {
  const bench = new ClientBench();
  const getting = bench.remote.retrieve(key, { offset: 0 }, contextOf());
  const server = await bench.server(0);
  await server.say('DATA 1000\n123');
  const iterator = (await getting)!.chunks[Symbol.asyncIterator]();
  expect((await iterator.next()).value).toHaveLength(3);
  await server.channel.end();
  expect(await rejection(iterator.next(), 'next')).toMatchObject({ code: 'framing' });
  expect((await iterator.next()).done).toBe(true);
  expect(bench.remote.busyConversations).toBe(0);
});

test('a download whose bytes do not come for a minute', async () => {
  const bench = new ClientBench();
  const asking = bench.remote.retrieve(key, { offset: 0 }, contextOf());
  const server = await bench.server(0);
  await server.say('DATA 1000\nabc');
  const chunks = (await asking)!.chunks[Symbol.asyncIterator]();
  expect((await chunks.next()).value).toHaveLength(3);
  // Nobody wants any meanwhile.
  await bench.clock.advance(600_000);
  const failure = rejection(chunks.next(), 'next');
  await bench.clock.advance(60_000);
  expect(await failure).toMatchObject({
    code: 'peer',
    message: expect.stringContaining('did not answer in time') as unknown,
  });
  expect(bench.clock.waiting).toBe(0);
});

test('a download that says INVALID', async () => {
  const bench = new ClientBench();
  const getting = bench.remote.retrieve(key, { offset: 0 }, contextOf());
  const server = await bench.server(0);
  await server.say('DATA 3\n123INVALID\n');
  const download = await getting;
  expect(bytesToByteString(await collect(download!.chunks))).toBe('123');
  expect(await download?.validity()).toBe('invalid');
  expect(server.heard.endsWith('FAILURE\n')).toBe(true);
});

test('ERROR in answer to GET and CHECKPRESENT is a reason, and the conversation goes on', async () => {
  const bench = new ClientBench();
  const server = await bench.warm();
  const getting = rejection(bench.remote.retrieve(key, { offset: 0 }, contextOf()), 'retrieve');
  await settle();
  await server.say('ERROR no such thing\n');
  expect(await getting).toMatchObject({ code: 'remote', message: has('no such thing') });
  const asking = rejection(bench.remote.checkPresent(key, contextOf()), 'checkPresent');
  await settle();
  await server.say('ERROR disk on fire\n');
  expect(await asking).toMatchObject({ code: 'remote', message: has('disk on fire') });
  expect(bench.servers).toHaveLength(1);
});

describe('a repository that freezes', () => {
  const hour = 3_600_000;
  const large = unverifiableKey('large', 100_000_000_000);

  async function frozen(
    said: string,
    asked = key,
    kind?: 'cluster',
  ): Promise<{ bench: ClientBench; server: ScriptedServer; upload: Upload }> {
    const bench = new ClientBench({ kind });
    const server = await bench.warm();
    const storing = bench.remote.store(asked, {}, contextOf());
    await settle();
    await server.say(said);
    return { bench, server, upload: uploadOf(await storing) };
  }

  /** How long it takes until this fails, and with what. */
  async function failing(bench: ClientBench, work: Promise<unknown>): Promise<readonly [number, unknown]> {
    const errors: unknown[] = [];
    work.catch((caught: unknown) => errors.push(caught));
    let minutes = 0;
    for (; minutes < 600 && errors.length === 0; minutes++) await bench.clock.advance(60_000);
    return [minutes, errors[0]];
  }

  test.each([
    ['the offset', ''],
    ['the word after an offset that is too large', 'PUT-FROM 1001\n'],
  ])('before it says %s', async (_name, said) => {
    const bench = new ClientBench();
    const storing = bench.remote.store(key, {}, contextOf());
    const server = await bench.server(0);
    if (said !== '') await server.say(said);
    const [minutes, error] = await failing(bench, storing);
    expect(error).toMatchObject({
      code: 'peer',
      message: has(`the repository ${uuid} did not answer in time`),
    });
    expect(minutes).toBe(said === '' ? 5 : 6);
    expect(bench.remote.busyConversations).toBe(0);
    expect(bench.clock.waiting).toBe(0);
  });

  test('while it takes bytes', async () => {
    const { bench, server, upload } = await frozen('PUT-FROM 0\n');
    server.isFrozen = true;
    const [minutes, error] = await failing(bench, sendAll(upload, content));
    expect(error).toMatchObject({
      code: 'peer',
      message: has(`the repository ${uuid} took no byte for 300 s`),
    });
    expect(minutes).toBe(5);
    expect(bench.remote.busyConversations).toBe(0);
    expect(bench.clock.waiting).toBe(0);
    // The key is free for another try, over another conversation.
    const again = bench.remote.store(key, {}, contextOf());
    await (await bench.server(1)).say('PUT-FROM 0\n');
    expect(await again).toMatchObject({ type: 'upload' });
  });

  test('it may hash a large part first', async () => {
    const part = 90_000_000_000;
    const { bench, server, upload } = await frozen(`PUT-FROM ${part}\n`, large);
    server.isFrozen = true;
    const [minutes] = await failing(bench, upload.send(content));
    expect(minutes).toBe(5 + workMs(part) / 60_000);
  });

  test('after the last byte', async () => {
    const { bench, upload } = await frozen('PUT-FROM 0\n');
    await sendAll(upload, content);
    const [minutes, error] = await failing(bench, upload.finish('valid'));
    expect(error).toMatchObject({ code: 'peer', message: has('did not answer in time') });
    expect(minutes).toBe(6);
    expect(bench.clock.waiting).toBe(0);
  });

  test('it may hash large content after the last byte', async () => {
    const { bench, upload } = await frozen('PUT-FROM 99999999000\n', large);
    await upload.send(content);
    const [minutes] = await failing(bench, upload.finish('valid'));
    expect(minutes * 60_000).toBeGreaterThan(6 * hour);
    expect(minutes * 60_000).toBeLessThan(8 * hour);
  });

  test('a cluster has time to give up a node of its own', async () => {
    const { bench, upload } = await frozen('PUT-FROM 0\n', key, 'cluster');
    await sendAll(upload, content);
    expect((await failing(bench, upload.finish('valid')))[0]).toBe(11);
  });

  test('when content is to be there by other means', async () => {
    const { bench, upload } = await frozen('PUT-FROM 0\n');
    const [minutes, error] = await failing(bench, upload.dataPresent());
    expect([minutes, error]).toEqual([6, expect.objectContaining({ code: 'peer' })]);
  });

  test('before a download', async () => {
    const bench = new ClientBench();
    const [minutes, error] = await failing(bench, bench.remote.retrieve(key, { offset: 0 }, contextOf()));
    expect([minutes, error]).toEqual([6, expect.objectContaining({ code: 'peer' })]);
    expect(bench.remote.busyConversations).toBe(0);
  });
});

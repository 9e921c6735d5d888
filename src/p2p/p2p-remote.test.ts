// The client's side of the P2P protocol against scripts of what a server says: what is asked again and what is not,
// versions before 4, and conversations that end in every place. Whole conversations run in the conformance tests.
import { describe, expect, test } from 'vitest';
import {
  contextOf,
  hashKey,
  makeDigest,
  nodeUUID,
  unverifiableKey,
} from '../../test/support/gateway-bench.ts';
import { ManualClock, settle } from '../../test/support/manual-clock.ts';
import { bytesToByteString, byteStringToBytes } from '../util/byte-string.ts';
import { collect } from '../util/bytes.ts';
import { patterned, rejection, sendAll, uploadOf } from '../remote/conformance/check.ts';
import type { Channel } from './channel.ts';
import { memoryChannels } from './memory-channel.ts';
import { openConversation } from './open-conversation.ts';
import { P2PRemote, type P2PRemoteOptions } from './p2p-remote.ts';

const has = (text: string): unknown => expect.stringContaining(text);
const uuid = nodeUUID(0);
const other = nodeUUID(1);
const content = patterned(1000, 1);
const key = hashKey(content);

/** The other end: what it is told is `heard`, what it says is up to the test. */
class Server {
  heard = '';
  isEnded = false;
  readonly channel: Channel;
  constructor(channel: Channel) {
    this.channel = channel;
    void this.#listen();
  }
  async say(text: string): Promise<void> {
    await this.channel.write(byteStringToBytes(text));
    await settle();
  }
  async #listen(): Promise<void> {
    try {
      for (let bytes = await this.channel.read(); bytes !== undefined; bytes = await this.channel.read())
        this.heard += bytesToByteString(bytes);
    } catch {
      // The test ends it.
    }
    this.isEnded = true;
  }
}

class Bench {
  readonly clock = new ManualClock();
  readonly servers: Server[] = [];
  readonly remote: P2PRemote;
  greeting = `AUTH-SUCCESS ${uuid}\nVERSION 4\n`;
  failure: Error | undefined;
  constructor(options: Partial<P2PRemoteOptions> = {}) {
    this.remote = new P2PRemote({
      uuid,
      clock: this.clock,
      makeDigest,
      connect: async ({ bypass, signal }) => {
        if (this.failure !== undefined) throw this.failure;
        const [near, far] = memoryChannels();
        const server = new Server(far);
        this.servers.push(server);
        void server.say(this.greeting).catch(() => undefined);
        return await openConversation(near, { uuid, bypass, clock: this.clock, signal });
      },
      ...options,
    });
  }
  /** The server of the nth conversation, which must have been begun. */
  async server(index: number): Promise<Server> {
    await settle();
    const server = this.servers[index];
    if (server === undefined) throw new Error(`no conversation ${index}`);
    return server;
  }
  /** Leaves one idle conversation. */
  async warm(): Promise<Server> {
    const asking = this.remote.checkPresent(key, contextOf());
    const server = await this.server(this.servers.length === 0 ? 0 : this.servers.length);
    await server.say('SUCCESS\n');
    expect(await asking).toBe(true);
    server.heard = '';
    return server;
  }
}

describe('greeting', () => {
  test('names the bypassed gateways once, after the version', async () => {
    const bench = new Bench();
    const asking = bench.remote.checkPresent(key, contextOf(undefined, [other]));
    const server = await bench.server(0);
    expect(server.heard).toBe(`VERSION 4\nBYPASS ${other}\nCHECKPRESENT ${key}\n`);
    await server.say('FAILURE\n');
    expect(await asking).toBe(false);
    // Another set of gateways needs another conversation.
    const next = bench.remote.checkPresent(key, contextOf());
    await (await bench.server(1)).say('SUCCESS\n');
    expect(await next).toBe(true);
    expect(bench.servers[1]?.heard).toBe(`VERSION 4\nCHECKPRESENT ${key}\n`);
  });

  test.each([
    ['another repository', `AUTH-SUCCESS ${other}\n`, 'config', other],
    ['no authentication', 'AUTH-FAILURE\n', 'access', 'authentication'],
    ['an error', 'ERROR not today\n', 'peer', 'not today'],
    ['anything else', 'SUCCESS\n', 'protocol', 'SUCCESS'],
    ['nonsense', 'hello\n', 'protocol', 'hello'],
    ['a version too high', `AUTH-SUCCESS ${uuid}\nVERSION 5\n`, 'protocol', 'VERSION'],
  ])('%s', async (_name, greeting, code, text) => {
    const bench = new Bench();
    bench.greeting = greeting;
    const error = await rejection(bench.remote.checkPresent(key, contextOf()), 'checkPresent');
    expect(error).toMatchObject({ code, message: has(text) });
    await settle();
    expect(bench.servers[0]?.isEnded).toBe(true);
  });

  test('AUTH is said first over sockets', async () => {
    const [near, far] = memoryChannels();
    const server = new Server(far);
    const clock = new ManualClock();
    const signal = new AbortController().signal;
    const auth = { ownUUID: other, token: 'secret' };
    const opening = openConversation(near, { uuid, auth, bypass: [], clock, signal });
    await settle();
    expect(server.heard).toBe(`AUTH ${other} secret\n`);
    await server.say(`AUTH-SUCCESS ${uuid}\nERROR unknown command\n`);
    expect((await opening).version).toBe(0);
  });

  test('one that does not answer is given up', async () => {
    const bench = new Bench();
    bench.greeting = '';
    const failing = rejection(bench.remote.checkPresent(key, contextOf()), 'checkPresent');
    await bench.clock.advance(60_001);
    expect(await failing).toMatchObject({ code: 'peer', message: has('60 seconds') });
  });
});

describe('conversations', () => {
  test('are kept, and closed in order when idle', async () => {
    const bench = new Bench({ idleMs: 5000 });
    const server = await bench.warm();
    const again = bench.remote.checkPresent(key, contextOf());
    await settle();
    await server.say('SUCCESS\n');
    expect(await again).toBe(true);
    expect(bench.servers).toHaveLength(1);
    await bench.clock.advance(5001);
    expect(server.isEnded).toBe(true);
    await server.channel.end();
    await bench.remote.close();
  });

  test('one found dead before an answer is replaced once', async () => {
    const bench = new Bench();
    const server = await bench.warm();
    const asking = bench.remote.timestamp(contextOf());
    await settle();
    expect(server.heard).toBe('GETTIMESTAMP\n');
    server.channel.destroy();
    await (await bench.server(1)).say('TIMESTAMP 7\n');
    expect(await asking).toBe(7);
  });

  test('one that was new is not replaced', async () => {
    const bench = new Bench();
    const asking = rejection(bench.remote.checkPresent(key, contextOf()), 'checkPresent');
    (await bench.server(0)).channel.destroy();
    expect(await asking).toMatchObject({ code: 'peer' });
    expect(bench.servers).toHaveLength(1);
  });

  test('one that ends while idle is noticed, and so is one that speaks unasked', async () => {
    const bench = new Bench();
    for (const end of ['', 'SUCCESS\n']) {
      const server = await bench.warm();
      if (end === '') await server.channel.end();
      else await server.say(end);
      await settle();
      expect(server.isEnded).toBe(true);
    }
    await bench.warm();
    expect(bench.servers).toHaveLength(3);
  });

  test('are bounded, and who waits comes in turn or can leave', async () => {
    const bench = new Bench({ maxConversations: 1 });
    const first = bench.remote.retrieve(key, { offset: 0 }, contextOf());
    const server = await bench.server(0);
    const controller = new AbortController();
    const leaving = bench.remote.retrieve(key, { offset: 0 }, contextOf(controller.signal));
    const staying = bench.remote.retrieve(key, { offset: 500 }, contextOf());
    // Questions have places of their own.
    const asking = bench.remote.checkPresent(key, contextOf());
    await (await bench.server(1)).say('SUCCESS\n');
    expect(await asking).toBe(true);
    const reason = new Error('gone');
    controller.abort(reason);
    expect(await rejection(leaving, 'retrieve')).toBe(reason);
    await server.say('DATA 0\nINVALID\n');
    expect(await first).toBeUndefined();
    await settle();
    await bench.servers.find(({ heard }) => heard.includes('GET 500'))?.say('DATA 0\nINVALID\n');
    expect(await staying).toBeUndefined();
    expect(bench.remote.busyConversations).toBe(0);
  });

  test('a repository that cannot be reached is tried once a second', async () => {
    const bench = new Bench();
    bench.failure = new Error('no route');
    const first = await rejection(bench.remote.checkPresent(key, contextOf()), 'checkPresent');
    expect(first).toMatchObject({ code: 'peer', message: has('no route') });
    bench.failure = undefined;
    expect(await rejection(bench.remote.checkPresent(key, contextOf()), 'again')).toBe(first);
    await bench.clock.advance(1001);
    await bench.warm();
  });

  test('an abort ends the conversation', async () => {
    const bench = new Bench();
    const controller = new AbortController();
    const asking = bench.remote.checkPresent(key, contextOf(controller.signal));
    const server = await bench.server(0);
    const reason = new Error('gone');
    controller.abort(reason);
    expect(await rejection(asking, 'checkPresent')).toBe(reason);
    await settle();
    expect(server.isEnded).toBe(true);
    expect(bench.remote.busyConversations).toBe(0);
  });
});

describe('remove', () => {
  async function removing(before: number | undefined): Promise<{ bench: Bench; answer: Promise<unknown> }> {
    const bench = new Bench();
    await bench.warm();
    const answer = bench.remote.remove(key, { before }, contextOf());
    await settle();
    return { bench, answer };
  }

  test('is not asked twice: what is still there was not removed', async () => {
    const { bench, answer } = await removing(70);
    const server = await bench.server(0);
    expect(server.heard).toBe(`REMOVE-BEFORE 70 ${key}\n`);
    server.channel.destroy();
    const next = await bench.server(1);
    expect(next.heard).toContain(`CHECKPRESENT ${key}\n`);
    await next.say('SUCCESS\n');
    expect(await answer).toMatchObject({ removed: false });
    expect(next.heard).not.toContain('REMOVE');
  });

  test('what is gone after a hang up counts as removed', async () => {
    const { bench, answer } = await removing(undefined);
    (await bench.server(0)).channel.destroy();
    await (await bench.server(1)).say('FAILURE\n');
    expect(await answer).toMatchObject({ removed: true });
  });

  test.each([
    ['SUCCESS', { removed: true, plusUUIDs: [] }],
    [`SUCCESS-PLUS ${other} ${uuid} ${other}`, { removed: true, plusUUIDs: [other] }],
    ['FAILURE', { removed: false, plusUUIDs: [] }],
    [`FAILURE-PLUS ${other}`, { removed: false, plusUUIDs: [other] }],
    ['ERROR it is locked', { removed: false, reason: has('it is locked') }],
  ])('%s', async (line, expected) => {
    const { bench, answer } = await removing(undefined);
    await (await bench.server(0)).say(`${line}\n`);
    expect(await answer).toMatchObject(expected);
  });

  test('a deadline is never left out', async () => {
    const bench = new Bench();
    bench.greeting = `AUTH-SUCCESS ${uuid}\nVERSION 2\n`;
    expect(await bench.remote.remove(key, { before: 5 }, contextOf())).toMatchObject({ removed: false });
    expect(bench.servers[0]?.heard).toBe('VERSION 4\n');
    expect(await rejection(bench.remote.timestamp(contextOf()), 'timestamp')).toMatchObject({
      code: 'remote',
    });
  });
});

describe('locks', () => {
  test('hold their conversation, end by themselves, and keep nobody from asking', async () => {
    const bench = new Bench({ maxConversations: 1 });
    const locking = bench.remote.lockContent(key, contextOf());
    const server = await bench.server(0);
    await server.say('SUCCESS\n');
    const lock = await locking;
    if (!lock.locked) throw new Error(lock.reason);
    expect(lock.untilMs).toBe(bench.clock.now() + 600_000);
    const asking = bench.remote.checkPresent(key, contextOf());
    await (await bench.server(1)).say('SUCCESS\n');
    expect(await asking).toBe(true);
    await bench.clock.advance(300_000);
    await lock.extend();
    await bench.clock.advance(599_000);
    expect(server.heard).not.toContain('UNLOCKCONTENT');
    await bench.clock.advance(1001);
    expect(server.heard).toContain(`UNLOCKCONTENT\nCHECKPRESENT ${key}\n`);
    await server.say('SUCCESS\n');
    expect(await rejection(lock.extend(), 'extend')).toMatchObject({ code: 'peer' });
  });

  test('one whose conversation ended cannot be extended', async () => {
    const bench = new Bench();
    const locking = bench.remote.lockContent(key, contextOf());
    const server = await bench.server(0);
    await server.say('SUCCESS\n');
    const lock = await locking;
    await server.channel.end();
    await settle();
    if (!lock.locked) throw new Error(lock.reason);
    expect(await rejection(lock.extend(), 'extend')).toMatchObject({ code: 'peer' });
    await lock.release();
  });

  test('are bounded', async () => {
    const bench = new Bench({ maxLocks: 1 });
    const locking = bench.remote.lockContent(key, contextOf());
    await (await bench.server(0)).say('SUCCESS\n');
    expect((await locking).locked).toBe(true);
    expect((await bench.remote.lockContent(key, contextOf())).locked).toBe(false);
  });
});

describe('version 0', () => {
  async function old(): Promise<Bench> {
    const bench = new Bench();
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
  ): Promise<{ bench: Bench; server: Server; answer: Promise<unknown> }> {
    const bench = new Bench();
    const server = await bench.warm();
    const answer = bench.remote.store(key, { from }, contextOf());
    answer.catch(() => undefined);
    await settle();
    await server.say(`PUT-FROM ${offset}\n`);
    return { bench, server, answer };
  }

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
    const bench = new Bench();
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
    const bench = new Bench();
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
  const bench = new Bench();
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

test('a download that says INVALID', async () => {
  const bench = new Bench();
  const getting = bench.remote.retrieve(key, { offset: 0 }, contextOf());
  const server = await bench.server(0);
  await server.say('DATA 3\n123INVALID\n');
  const download = await getting;
  expect(bytesToByteString(await collect(download!.chunks))).toBe('123');
  expect(await download?.validity()).toBe('invalid');
  expect(server.heard.endsWith('FAILURE\n')).toBe(true);
});

test('ERROR in answer to GET and CHECKPRESENT is a reason, and the conversation goes on', async () => {
  const bench = new Bench();
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

test('closing ends all', async () => {
  const bench = new Bench();
  const server = await bench.warm();
  const closing = bench.remote.close();
  await settle();
  expect(server.isEnded).toBe(true);
  await server.channel.end();
  await closing;
  expect(await rejection(bench.remote.checkPresent(key, contextOf()), 'checkPresent')).toMatchObject({
    code: 'invariant',
  });
});

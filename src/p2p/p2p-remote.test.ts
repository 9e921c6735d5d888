// The client's side of the P2P protocol against scripts of what a server says: what is asked again and what is not,
// removals, locks, and conversations that end in every place. Whole conversations run in the conformance tests.
import { describe, expect, test } from 'vitest';
import { contextOf } from '../../test/support/gateway-bench.ts';
import { ClientBench, key, other, ScriptedServer, uuid } from '../../test/support/client-bench.ts';
import { ManualClock, settle } from '../../test/support/manual-clock.ts';
import { rejection } from '../remote/conformance/check.ts';
import { memoryChannels } from './memory-channel.ts';
import { openConversation } from './open-conversation.ts';

const has = (text: string): unknown => expect.stringContaining(text);

describe('greeting', () => {
  test('names the bypassed gateways once, after the version', async () => {
    const bench = new ClientBench();
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
    const bench = new ClientBench();
    bench.greeting = greeting;
    const error = await rejection(bench.remote.checkPresent(key, contextOf()), 'checkPresent');
    expect(error).toMatchObject({ code, message: has(text) });
    await settle();
    expect(bench.servers[0]?.isEnded).toBe(true);
  });

  test('AUTH is said first over sockets', async () => {
    const [near, far] = memoryChannels();
    const server = new ScriptedServer(far);
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
    const bench = new ClientBench();
    bench.greeting = '';
    const failing = rejection(bench.remote.checkPresent(key, contextOf()), 'checkPresent');
    await bench.clock.advance(60_001);
    expect(await failing).toMatchObject({ code: 'peer', message: has('60 seconds') });
  });
});

describe('conversations', () => {
  test('are kept, and closed in order when idle', async () => {
    const bench = new ClientBench({ idleMs: 5000 });
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

  test('no more are kept than wanted', async () => {
    const bench = new ClientBench({ maxIdle: 1 });
    const asking = [1, 2].map(() => bench.remote.checkPresent(key, contextOf()));
    const [one, other] = [await bench.server(0), await bench.server(1)];
    await one.say('SUCCESS\n');
    await other.say('SUCCESS\n');
    expect(await Promise.all(asking)).toEqual([true, true]);
    await settle();
    expect([one.isEnded, other.isEnded]).toEqual([true, false]);
  });

  test('none is kept where none is wanted', async () => {
    const bench = new ClientBench({ maxIdle: 0 });
    const server = await bench.warm();
    await settle();
    expect(server.isEnded).toBe(true);
  });

  test('one found dead before an answer is replaced once', async () => {
    const bench = new ClientBench();
    const server = await bench.warm();
    const asking = bench.remote.timestamp(contextOf());
    await settle();
    expect(server.heard).toBe('GETTIMESTAMP\n');
    server.channel.destroy();
    await (await bench.server(1)).say('TIMESTAMP 7\n');
    expect(await asking).toBe(7);
  });

  test('one that was new is not replaced', async () => {
    const bench = new ClientBench();
    const asking = rejection(bench.remote.checkPresent(key, contextOf()), 'checkPresent');
    (await bench.server(0)).channel.destroy();
    expect(await asking).toMatchObject({ code: 'peer' });
    expect(bench.servers).toHaveLength(1);
  });

  test('one that ends while idle is noticed, and so is one that speaks unasked', async () => {
    const bench = new ClientBench();
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
    const bench = new ClientBench({ maxConversations: 1 });
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
    const bench = new ClientBench();
    bench.failure = new Error('no route');
    const first = await rejection(bench.remote.checkPresent(key, contextOf()), 'checkPresent');
    expect(first).toMatchObject({ code: 'peer', message: has('no route') });
    bench.failure = undefined;
    expect(await rejection(bench.remote.checkPresent(key, contextOf()), 'again')).toBe(first);
    await bench.clock.advance(1001);
    await bench.warm();
  });

  test('an abort ends the conversation', async () => {
    const bench = new ClientBench();
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
  async function removing(
    before: number | undefined,
  ): Promise<{ bench: ClientBench; answer: Promise<unknown> }> {
    const bench = new ClientBench();
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

  test('a repository that says nothing is given up in time, and asked about', async () => {
    const { bench, answer } = await removing(undefined);
    await bench.clock.advance(300_001);
    await (await bench.server(1)).say('SUCCESS\n');
    expect(await answer).toMatchObject({ removed: false, reason: has('in time') });
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
    const bench = new ClientBench();
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
    const bench = new ClientBench({ maxConversations: 1 });
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
    // The idle conversation was closed meanwhile. The first lock holds until the second does.
    const extending = lock.extend();
    const second = await bench.server(2);
    expect(second.heard).toContain(`LOCKCONTENT ${key}\n`);
    expect(server.heard).not.toContain('UNLOCKCONTENT');
    await second.say('SUCCESS\n');
    expect(server.heard).toContain(`UNLOCKCONTENT\nCHECKPRESENT ${key}\n`);
    await server.say('SUCCESS\n');
    await extending;
    await bench.clock.advance(599_000);
    expect(second.heard).not.toContain('UNLOCKCONTENT');
    await bench.clock.advance(1001);
    expect(second.heard).toContain(`UNLOCKCONTENT\nCHECKPRESENT ${key}\n`);
    await second.say('SUCCESS\n');
    expect(await rejection(lock.extend(), 'extend')).toMatchObject({ code: 'peer' });
  });

  test('one whose conversation ended cannot be extended', async () => {
    const bench = new ClientBench();
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
    const bench = new ClientBench({ maxLocks: 1 });
    const locking = bench.remote.lockContent(key, contextOf());
    await (await bench.server(0)).say('SUCCESS\n');
    expect((await locking).locked).toBe(true);
    expect((await bench.remote.lockContent(key, contextOf())).locked).toBe(false);
  });
});

test('closing ends all', async () => {
  const bench = new ClientBench();
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

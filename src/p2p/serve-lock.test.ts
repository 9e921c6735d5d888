// Content locks of a conversation: only UNLOCKCONTENT ends one early.
import { expect, test } from 'vitest';
import { GatewayBench, contextOf } from '../../test/support/gateway-bench.ts';
import { agreedClient, content, holdingNode, key, worm } from '../../test/support/line-client.ts';

test('UNLOCKCONTENT ends a lock at once', async () => {
  const remote = holdingNode();
  const client = await agreedClient(remote, 4);
  expect(await client.talk(`LOCKCONTENT ${worm}`)).toBe('FAILURE');
  expect(await client.talk(`LOCKCONTENT ${key}`)).toBe('SUCCESS');
  expect(await remote.remove(key, {}, contextOf())).toMatchObject({ removed: false });
  await client.say('UNLOCKCONTENT');
  expect(await client.talk(`REMOVE ${key}`)).toBe('SUCCESS');
  await client.hangUp();
  expect(await client.ended).toEqual({ type: 'ended', leftLocks: [] });
});

test.each(['FOO', `REMOVE ${key}`, `UNLOCKCONTENT ${key}`, 'ERROR x'])(
  '%s does not end it, nor the conversation, and is not obeyed',
  async (line) => {
    const bench = new GatewayBench();
    const remote = bench.memory(0);
    remote.contents.set(key, content);
    const client = await agreedClient(bench.proxied(remote), 4);
    expect(await client.talk(`LOCKCONTENT ${key}`)).toBe('SUCCESS');
    expect(await client.talk(line)).toBe('ERROR expected UNLOCKCONTENT');
    expect(await client.talk('UNLOCKCONTENT')).toBe('ERROR unexpected command');
    expect(await client.talk(`REMOVE ${key}`)).toBe('FAILURE');
    await bench.clock.advance(600_001);
    expect(await client.talk(`REMOVE ${key}`)).toBe('SUCCESS');
  },
);

test('it outlives the conversation, which says so', async () => {
  const remote = holdingNode();
  const client = await agreedClient(remote, 4);
  expect(await client.talk(`LOCKCONTENT ${key}`)).toBe('SUCCESS');
  await client.hangUp();
  const end = await client.ended;
  expect(end).toMatchObject({ type: 'ended', leftLocks: [{ key }] });
  expect(await remote.remove(key, {}, contextOf())).toMatchObject({ removed: false });
  await end.leftLocks[0]?.lock.release();
  expect(await remote.remove(key, {}, contextOf())).toMatchObject({ removed: true });
});

test('locks that are never unlocked are bounded', async () => {
  const client = await agreedClient(holdingNode(), 4);
  for (let count = 0; count < 16; count++) {
    expect(await client.talk(`LOCKCONTENT ${key}`)).toBe('SUCCESS');
    expect(await client.talk('FOO')).toBe('ERROR expected UNLOCKCONTENT');
  }
  expect(await client.talk(`LOCKCONTENT ${key}`)).toBe('FAILURE');
});

// GET beyond what every version has: what is said afterwards, and content that fails.
import { expect, test } from 'vitest';
import { GatewayBench, nodeUUID } from '../../test/support/gateway-bench.ts';
import {
  agreedClient,
  content,
  holdingNode,
  key,
  LineClient,
  memoryNode,
  worm,
} from '../../test/support/line-client.ts';
import { FaultyRemote } from '../remote/faulty-remote.ts';
import type { Remote } from '../remote/remote.ts';

test.each([
  ['SUCCESS-PLUS', []],
  ['FAILURE-PLUS a b', []],
  ['ERROR no', []],
  ['FOO', ['ERROR expected SUCCESS or SUCCESS-PLUS or FAILURE or FAILURE-PLUS']],
  [`CHECKPRESENT ${key}`, ['ERROR expected SUCCESS or SUCCESS-PLUS or FAILURE or FAILURE-PLUS']],
])('%s afterwards', async (line, answers) => {
  const client = await agreedClient(memoryNode(), 4);
  expect(await client.talk(`GET 0  ${key}`)).toBe('DATA 0');
  expect(await client.hear()).toBe('INVALID');
  await client.say(line);
  expect(await client.hearLines(answers.length)).toEqual(answers);
  expect(await client.talk(`CHECKPRESENT ${key}`)).toBe('FAILURE');
});

test('content that changed is INVALID after its bytes', async () => {
  const remote = holdingNode();
  const changed: Remote = Object.create(remote, {
    retrieve: {
      value: async (...args: Parameters<Remote['retrieve']>) => {
        const found = await remote.retrieve(...args);
        return (
          found && { ...found, chunks: found.chunks, validity: () => Promise.resolve('invalid' as const) }
        );
      },
    },
  }) as Remote;
  const client = new LineClient(changed);
  expect(await client.hear()).toBe(`AUTH-SUCCESS ${nodeUUID(0)}`);
  expect(await client.talk('VERSION 1')).toBe('VERSION 1');
  expect(await client.talk(`GET 0  ${key}`)).toBe('DATA 19');
  await client.hearBytes(19);
  expect(await client.hear()).toBe('INVALID');
  await client.say('FAILURE');
});

test.each(['throw', 'short'] as const)(
  'content that fails in the middle (%s) breaks the connection',
  async (type) => {
    const bench = new GatewayBench();
    const remote = bench.memory(0);
    remote.contents.set(key, content);
    const client = await agreedClient(
      new FaultyRemote(remote, (step) => (step === 'chunk' ? { type } : undefined)),
      4,
    );
    expect(await client.talk(`GET 0  ${key}`)).toBe('DATA 19');
    await expect(client.hearBytes(1)).rejects.toThrow();
    expect(await client.ended).toMatchObject({ type: 'broken' });
    expect(bench.openDownloads).toBe(0);
  },
);

test('a client that goes away in the middle frees the content', async () => {
  const bench = new GatewayBench();
  const remote = bench.memory(0);
  remote.contents.set(worm, new Uint8Array(1_000_000));
  const client = await agreedClient(remote, 4);
  expect(await client.talk(`GET 0  ${worm}`)).toBe('DATA 1000000');
  await client.hearBytes(70_000);
  client.cut();
  expect(await client.ended).toMatchObject({ type: 'broken' });
  expect(bench.openDownloads).toBe(0);
});

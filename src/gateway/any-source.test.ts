import { expect, test } from 'vitest';
import { contextOf, GatewayBench, hashKey, nodeUUID } from '../../test/support/gateway-bench.ts';
import { FaultyRemote } from '../remote/faulty-remote.ts';
import type { Remote } from '../remote/remote.ts';
import { AnnexError } from '../types/annex-error.ts';
import { AnySource } from './any-source.ts';

const bytes = Buffer.from('content');
const key = hashKey(bytes);

/** The repository itself, a cluster of one node, and a proxied repository. */
function bench(broken: readonly number[] = []) {
  const made = new GatewayBench();
  const memories = [0, 1, 2].map((index) => made.memory(index));
  const [own, node, proxied] = memories.map((memory, index): Remote => {
    if (!broken.includes(index)) return memory;
    const fault = { type: 'throw', error: new AnnexError('peer', `node ${index} is gone`) } as const;
    return new FaultyRemote(memory, () => fault);
  }) as [Remote, Remote, Remote];
  const cluster = made.cluster([made.node(node)]);
  const source = new AnySource({ served: [own, cluster, proxied], locations: made.log });
  return { made, memories, source };
}

async function read(source: AnySource): Promise<string | undefined> {
  const content = await source.retrieve(key, { offset: 2 }, contextOf());
  if (content === undefined) return undefined;
  let text = '';
  for await (const chunk of content.chunks) text += String(Buffer.from(chunk));
  return text;
}

test.each([0, 1])('whoever has it gives it: %i', async (index) => {
  const { memories, source } = bench();
  memories[index]?.contents.set(key, bytes);
  expect(await source.checkPresent(key, contextOf())).toBe(true);
  expect(await read(source)).toBe('ntent');
});

test('a proxied repository is asked where it is logged to have it', async () => {
  const { made, memories, source } = bench();
  memories[2]?.contents.set(key, bytes);
  expect(await read(source)).toBeUndefined();
  await made.log.logChange(key, { present: [nodeUUID(2)], missing: [] });
  expect(await read(source)).toBe('ntent');
  expect(await source.checkPresent(key, contextOf())).toBe(true);
});

test('one that cannot be asked matters only where no other has it', async () => {
  const { made, memories, source } = bench([1, 2]);
  await made.log.logChange(key, { present: [nodeUUID(1), nodeUUID(2)], missing: [] });
  await expect(read(source)).rejects.toThrow(/node 1 is gone.*node 2 is gone/);
  await expect(source.checkPresent(key, contextOf())).rejects.toMatchObject({ code: 'peer' });
  memories[0]?.contents.set(key, bytes);
  expect(await read(source)).toBe('ntent');
});

test('who went away is told so', async () => {
  const { source } = bench([0]);
  const reason = new Error('gone');
  await expect(source.checkPresent(key, contextOf(AbortSignal.abort(reason)))).rejects.toBe(reason);
});

import { expect, test } from 'vitest';
import { FollowedChunks, type Follower } from './followed-chunks.ts';

const one = Uint8Array.of(1);

/** Notes all that the follower is told, and when the source lets go. */
function follow(steps: readonly (Uint8Array | Error)[]): { chunks: FollowedChunks; told: unknown[] } {
  const told: unknown[] = [];
  const left = [...steps];
  const source: AsyncIterableIterator<Uint8Array, undefined> = {
    [Symbol.asyncIterator]: () => source,
    next: () => {
      const step = left.shift();
      if (step instanceof Error) return Promise.reject(step);
      return Promise.resolve(
        step === undefined ? { done: true, value: undefined } : { done: false, value: step },
      );
    },
    return: () => {
      told.push('let go');
      return Promise.resolve({ done: true, value: undefined });
    },
  };
  const follower: Follower = {
    asked: () => void told.push('asked'),
    gave: (chunk) => void told.push(chunk.length),
    ended: (how, error) => void told.push(error === undefined ? how : [how, error]),
  };
  return { chunks: new FollowedChunks(source, follower), told };
}

test('all that there is', async () => {
  const { chunks, told } = follow([one]);
  const given: number[] = [];
  for await (const chunk of chunks) given.push(chunk.length);
  await chunks.return();
  expect(given).toEqual([1]);
  expect(told).toEqual(['asked', 1, 'asked', 'done', 'let go']);
});

test('a source that fails', async () => {
  const error = new Error('away');
  const { chunks, told } = follow([error]);
  await expect(chunks.next()).rejects.toBe(error);
  expect(told).toEqual(['asked', ['failed', error]]);
});

test('who leaves, even before the first chunk: told once the source has let go', async () => {
  const { chunks, told } = follow([one]);
  await chunks.return();
  await chunks.return();
  expect(told).toEqual(['let go', 'left', 'let go']);
});

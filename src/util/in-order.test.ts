import { expect, test } from 'vitest';
import { inOrder } from './in-order.ts';

async function* numbers(count: number): AsyncGenerator<number> {
  for (let number = 0; number < count; number++) {
    await Promise.resolve();
    yield number;
  }
}

test('results come in the order of the items, with no more than so many under way', async () => {
  let running = 0;
  let most = 0;
  const results: number[] = [];
  const work = async (number: number): Promise<number> => {
    running++;
    most = Math.max(most, running);
    // The first ones take the longest.
    for (let turn = 0; turn < 20 - number; turn++) await Promise.resolve();
    running--;
    return number * 2;
  };
  for await (const result of inOrder(numbers(10), { atOnce: 4, work })) results.push(result);
  expect(results).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 16, 18]);
  expect(most).toBe(4);
});

test('a failure comes in its turn, and whoever leaves waits for what was begun', async () => {
  const ended: number[] = [];
  const work = async (number: number): Promise<number> => {
    await Promise.resolve();
    ended.push(number);
    if (number === 2) throw new Error('two');
    return number;
  };
  const results: number[] = [];
  const take = async (): Promise<void> => {
    for await (const result of inOrder(numbers(9), { atOnce: 3, work })) results.push(result);
  };
  await expect(take()).rejects.toThrow('two');
  expect(results).toEqual([0, 1]);
  const soFar = ended.length;
  for await (const result of inOrder(numbers(9), { atOnce: 3, work })) {
    expect(result).toBe(0);
    break;
  }
  expect(ended.slice(soFar)).toEqual([0, 1, 2]);
});

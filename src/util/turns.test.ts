import { expect, test } from 'vitest';
import { linkSignal } from './linked-signal.ts';
import { bytesEqual, collect } from './bytes.ts';
import { Turns } from './turns.ts';

test('work on one key takes turns, in order, and a failure ends a turn', async () => {
  const turns = new Turns<string>();
  const order: string[] = [];
  const piece = (key: string, name: string, fail: boolean = false): Promise<string> =>
    turns.run(key, async () => {
      order.push(`+${name}`);
      await new Promise((resolve) => setImmediate(resolve));
      order.push(`-${name}`);
      if (fail) throw new Error(name);
      return name;
    });
  const all = [piece('a', '1'), piece('a', '2', true), piece('b', '3'), piece('a', '4')];
  const results = await Promise.allSettled(all);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
  expect(order.filter((entry) => !entry.endsWith('3'))).toEqual(['+1', '-1', '+2', '-2', '+4', '-4']);
  expect(order.indexOf('+3')).toBeLessThan(order.indexOf('-1'));
});

test('a linked signal follows its parent until it is unlinked', () => {
  const parent = new AbortController();
  const first = linkSignal(parent.signal);
  const alone = linkSignal(parent.signal);
  const unlinked = linkSignal(parent.signal);
  alone.abort(new Error('own'));
  unlinked.unlink();
  expect(parent.signal.aborted).toBe(false);
  parent.abort(new Error('parent'));
  expect(first.signal.reason).toEqual(new Error('parent'));
  expect(alone.signal.reason).toEqual(new Error('own'));
  expect(unlinked.signal.aborted).toBe(false);
  expect(linkSignal(parent.signal).signal.reason).toEqual(new Error('parent'));
});

test('collect copies chunks that are overwritten afterwards', async () => {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    const buffer = new Uint8Array(2);
    for (const value of [1, 2]) {
      buffer.fill(value);
      yield buffer;
    }
    await Promise.resolve();
  }
  expect(bytesEqual(await collect(chunks()), Uint8Array.of(1, 1, 2, 2))).toBe(true);
  expect(bytesEqual(Uint8Array.of(1), Uint8Array.of(1, 2))).toBe(false);
});

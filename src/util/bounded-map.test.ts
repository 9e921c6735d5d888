import { expect, test } from 'vitest';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { BoundedMap } from './bounded-map.ts';

test('what was used longest ago goes first', () => {
  const map = new BoundedMap<string, number>({ clock: new ManualClock(), maxEntries: 2 });
  map.set('a', 1);
  map.set('b', 2);
  expect(map.get('a')).toBe(1);
  map.set('c', 3);
  expect([map.get('a'), map.get('b'), map.get('c'), map.size]).toEqual([1, undefined, 3, 2]);
});

test('what is older than its time is gone', async () => {
  const clock = new ManualClock();
  const map = new BoundedMap<string, number>({ clock, maxEntries: 10 });
  map.set('short', 1, 1000);
  map.set('long', 2);
  await clock.advance(999);
  expect(map.get('short')).toBe(1);
  await clock.advance(1);
  expect([map.get('short'), map.get('long'), map.size]).toEqual([undefined, 2, 1]);
});

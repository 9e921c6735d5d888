import { expect, test } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { GitSlots } from './git-slots.ts';

const stays = new AbortController().signal;

test('gives the next place to whose client has fewest, and each place once', async () => {
  const slots = new GitSlots({ clock: new ManualClock(), running: 2 });
  const first = await slots.enter('greedy', stays);
  const second = await slots.enter('greedy', stays);
  const begun: string[] = [];
  const wait = async (client: string): Promise<void> => {
    expect(await slots.enter(client, stays)).toBeDefined();
    begun.push(client);
  };
  const greedy = wait('greedy');
  const other = wait('other');
  first?.();
  first?.();
  await other;
  expect(begun).toEqual(['other']);
  second?.();
  await greedy;
  expect(begun).toEqual(['other', 'greedy']);
});

test('sends away who has waited for long, who comes when too many wait, and who leaves', async () => {
  const clock = new ManualClock();
  const slots = new GitSlots({ clock, running: 1, waiting: 2, patienceMs: 1000 });
  const leave = await slots.enter('a', stays);
  const controller = new AbortController();
  const leaves = slots.enter('b', controller.signal);
  const waits = slots.enter('c', stays);
  expect(await slots.enter('d', stays)).toBeUndefined();
  controller.abort();
  expect(await leaves).toBeUndefined();
  const inTime = slots.enter('d', stays);
  await clock.advance(1000);
  expect(await Promise.all([waits, inTime])).toEqual([undefined, undefined]);
  leave?.();
  expect(await slots.enter('e', stays)).toBeDefined();
});

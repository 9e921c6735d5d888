// Places are few, and yet those who hold them for long keep nobody waiting for long.
import { expect, test } from 'vitest';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { ConversationPlaces, type Purpose } from './conversation-places.ts';

interface Bench {
  readonly clock: ManualClock;
  readonly places: ConversationPlaces;
  /** Asks for a place, and tells what came of it. */
  readonly take: (purpose: Purpose, signal?: AbortSignal) => () => string;
}

function bench(usual: number): Bench {
  const clock = new ManualClock();
  const places = new ConversationPlaces({ clock, usual, owner: 'the node' });
  const take: Bench['take'] = (purpose, signal = new AbortController().signal) => {
    let outcome = 'waits';
    places.take(purpose, signal).then(
      () => (outcome = 'taken'),
      (error: Error) => (outcome = error.message),
    );
    return () => outcome;
  };
  return { clock, places, take };
}

test('a place that is left is the next one of those who wait', async () => {
  const { clock, places, take } = bench(2);
  const all = [take('transfer'), take('transfer'), take('transfer'), take('transfer')];
  await clock.advance(500);
  expect(all.map((outcome) => outcome())).toEqual(['taken', 'taken', 'waits', 'waits']);
  places.leave('transfer');
  await clock.advance(0);
  expect(all.map((outcome) => outcome())).toEqual(['taken', 'taken', 'taken', 'waits']);
  expect(places.taken).toBe(2);
});

test('who waits for a second gets a place beyond the usual ones, as long as there are any', async () => {
  const { clock, places, take } = bench(2);
  const all = Array.from({ length: 20 }, () => take('transfer'));
  await clock.advance(999);
  expect(places.taken).toBe(2);
  await clock.advance(1);
  expect(places.taken).toBe(16);
  places.leave('transfer');
  await clock.advance(0);
  expect(all.filter((outcome) => outcome() === 'taken')).toHaveLength(17);
  // Nobody who comes now is overdue.
  const late = take('transfer');
  for (let left = 0; left < 14; left++) places.leave('transfer');
  await clock.advance(0);
  expect([places.taken, late()]).toEqual([5, 'waits']);
});

test('transfers leave places for questions', async () => {
  const { clock, places, take } = bench(1);
  for (let count = 0; count < 8; count++) take('transfer');
  await clock.advance(1000);
  expect(places.taken).toBe(8);
  const questions = [take('question'), take('question'), take('question')];
  await clock.advance(0);
  expect(questions.map((outcome) => outcome())).toEqual(['taken', 'taken', 'waits']);
});

test('who leaves the line gets no place', async () => {
  const { clock, places, take } = bench(1);
  take('transfer');
  const controller = new AbortController();
  const leaving = take('transfer', controller.signal);
  const closed = take('transfer');
  controller.abort(new Error('gone'));
  places.close(new Error('closed'));
  await clock.advance(5000);
  expect([leaving(), closed(), places.taken, clock.waiting]).toEqual(['gone', 'closed', 1, 0]);
});

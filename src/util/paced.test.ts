import { expect, test } from 'vitest';
import { ManualClock, settle } from '../../test/support/manual-clock.ts';
import { Paced } from './paced.ts';

test('who asks gets a run that began afterwards, and shares it with others', async () => {
  const clock = new ManualClock();
  let begun = 0;
  let finish: () => void = () => undefined;
  const run = (): Promise<void> => {
    begun++;
    return new Promise((resolve) => {
      finish = resolve;
    });
  };
  const paced = new Paced({ clock, run, pauseMs: 1000, pauseFactor: 10 });
  const first = paced.run();
  await settle();
  const [second, third] = [paced.run(), paced.run()];
  await clock.advance(5000);
  expect(begun).toBe(1);
  finish();
  await first;
  // It took five seconds.
  await clock.advance(49_999);
  expect(begun).toBe(1);
  await clock.advance(2);
  expect(begun).toBe(2);
  finish();
  await Promise.all([second, third]);
  const fourth = paced.run();
  await clock.advance(1001);
  expect(begun).toBe(3);
  finish();
  await fourth;
});

test('a run that fails fails for those who asked for it, and the next is another matter', async () => {
  const clock = new ManualClock();
  let left = 1;
  const run = async (): Promise<void> => {
    await settle();
    if (left-- > 0) throw new Error('broken');
  };
  const paced = new Paced({ clock, run, pauseMs: 1000, pauseFactor: 0 });
  await expect(paced.run()).rejects.toThrow('broken');
  const again = paced.run();
  await clock.advance(1001);
  await expect(again).resolves.toBeUndefined();
});

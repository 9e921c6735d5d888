import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundleProgram } from '../../../test/support/bundle-program.ts';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { PasswordThread } from './password-thread.ts';

const cost12 = '$2y$12$7Q8AM53IrkahpFvVPxNyHOz58PzE3x1YSzIemHQp/TM0.K3x08v2m';
const clock = new ManualClock();
let thread: PasswordThread;

beforeAll(async () => {
  thread = new PasswordThread({ clock, program: pathToFileURL(await bundleProgram('password-worker')) });
});
afterAll(async () => await thread.close());

test('answers one after the other while the process goes on', async () => {
  let turns = 0;
  let isOver = false;
  const turn = (): void => {
    turns++;
    if (!isOver) setTimeout(turn, 1);
  };
  setTimeout(turn, 1);
  const asked = ['secret', 'Secret'].map(async (text) => await thread.verify(Buffer.from(text), cost12));
  const right = await Promise.all(asked);
  isOver = true;
  expect(right).toEqual([true, false]);
  expect(turns).toBeGreaterThan(20);
});

test('ends when nothing came for a while, and begins again', async () => {
  await clock.advance(60_000);
  expect(clock.waiting).toBe(0);
  expect(await thread.verify(Buffer.from('secret'), cost12)).toBe(true);
});

test('what waits when the thread ends is rejected', async () => {
  const asked = thread.verify(Buffer.from('secret'), cost12).catch(String);
  await thread.close();
  expect(await asked).toContain('password cannot be checked: the server is closing');
  const broken = new PasswordThread({ clock, program: new URL('file:///nothing/here.mjs') });
  expect(await broken.verify(Buffer.from('x'), cost12).catch(String)).toContain('password cannot be checked');
});

import { expect, test } from 'vitest';
import { parseSchedule } from './scheduled-activity.ts';

test.each([
  'fsck self 30m every day at any time',
  'fsck self 1h every month at 3 AM',
  'fsck 81d22cfc-f66b-4388-be77-8de0f6eba1f1 1h30m every year at 13:45',
  'fsck self 1h on day 2 of weeks divisible by 2 at any time',
  'fsck self 30 days divisible by 3 at 5',
  'fsck self 1h every day at any time; fsck self 2h every week at any time',
])('%s', (text) => {
  expect(parseSchedule(text).join('; ')).toBe(text);
});

test('spaces do not count', () => {
  expect(parseSchedule(' fsck  self 1h   every day at any  time ')).toEqual([
    'fsck self 1h every day at any time',
  ]);
});

test.each([
  ['', 'unknown activity in ""'],
  ['fsck self', 'unknown activity in "fsck self"'],
  ['Fsck self 1h every day at any time', 'unknown activity in "Fsck self 1h every day at any time"'],
  [
    'fsck self 1x every day at any time',
    'failed to parse duration "1x" (expected eg "5m" or "1h5m") in "fsck self 1x every day at any time"',
  ],
  [
    'fsck self 1h every 3 days at any time',
    'bad recurrence: every 3 days in "fsck self 1h every 3 days at any time"',
  ],
  [
    'fsck self 1h every day at noon; foo',
    'bad time of day: noon in "fsck self 1h every day at noon"; unknown activity in "foo"',
  ],
])('%s is wrong', (text, message) => {
  expect(() => parseSchedule(text)).toThrow(message);
});

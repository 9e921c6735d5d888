// The small logs of one line a repository. The files are ones that real git-annex was made to read and rewrote so.
import { describe, expect, test } from 'vitest';
import type { UUID } from '../types/uuid.ts';
import { changeActivityLog, parseActivityLog } from './activity-log.ts';
import { allDifferences, changeDifferenceLog, parseDifferenceLog } from './difference-log.ts';
import { changeGroupLog, parseGroupLog, uuidsByGroup } from './group-log.ts';
import { changeMaxSizeLog, parseMaxSizeLog } from './max-size-log.ts';
import { changeMulticastLog, parseMulticastLog } from './multicast-log.ts';
import { changePreferredContentLog, parsePreferredContentLog } from './preferred-content-log.ts';
import { changeRemoteStateLog, parseRemoteStateLog } from './remote-state-log.ts';
import { changeScheduleLog, parseScheduleLog } from './schedule-log.ts';
import { changeTrustLog, deadUUIDs, parseTrustLog } from './trust-log.ts';
import { changeUUIDLog, parseUUIDLog } from './uuid-log.ts';

const me = '468a6a9f-0d4f-4aee-a5f7-c2fb44e4e2e2' as UUID;
const nowSeconds = 1000;

test('uuid.log', () => {
  const before = `${me} my laptop timestamp=1795351094s\nu7 old\nno\tuuid x\n`;
  expect(parseUUIDLog(before)).toEqual(
    new Map([
      [me, 'my laptop'],
      ['u7', 'old'],
    ]),
  );
  expect(changeUUIDLog(before, { uuid: me, description: 'a\nb', nowSeconds })).toBe(
    `${me} a\\nb timestamp=1795351095s\nno\tuuid x\nu7 old\n`,
  );
  expect(() => changeUUIDLog('', { uuid: 'a b' as UUID, description: '', nowSeconds })).toThrow('whitespace');
});

test('trust.log', () => {
  const before =
    'u1  timestamp=4s\nu2 bogus timestamp=4s\nu3 X timestamp=4s\nu4 1\nu7\nu8 1 0 timestamp=4s\nu9 b\n';
  expect(parseTrustLog(before)).toEqual(
    new Map([
      ['u1', 'trusted'],
      ['u3', 'dead'],
      ['u4', 'trusted'],
      ['u7', 'trusted'],
      ['u9', 'semitrusted'],
    ]),
  );
  expect(deadUUIDs(before)).toEqual(new Set(['u3']));
  expect(changeTrustLog(before, { uuid: me, trust: 'semitrusted', nowSeconds })).toBe(
    `${me} ? timestamp=1000s\nu1 1 timestamp=4s\nu3 X timestamp=4s\nu4 1\nu7 1\nu9 ?\n`,
  );
});

test('an unknown word of trust does not hide what was said before', () => {
  expect(parseTrustLog('u1 X timestamp=1s\nu1 new timestamp=2s\n').get('u1' as UUID)).toBe('dead');
});

test('group.log', () => {
  const before = 'u1  b  a timestamp=1s\nu2 timestamp=1s\nu3 a a timestamp=1s\nu4\nu5 a\tb\n';
  const groups = parseGroupLog(before);
  expect(groups.get('u1' as UUID)).toEqual(new Set(['a', 'b']));
  expect(uuidsByGroup(groups).get('a')).toEqual(new Set(['u1', 'u3']));
  expect(changeGroupLog(before, { uuid: me, groups: ['x', 'c'], nowSeconds })).toBe(
    `${me} c x timestamp=1000s\nu1 a b timestamp=1s\nu2  timestamp=1s\nu3 a timestamp=1s\nu4 \nu5 a\tb\n`,
  );
  expect(changeGroupLog('', { uuid: me, groups: [], nowSeconds })).toBe(`${me}  timestamp=1000s\n`);
  expect(() => changeGroupLog('', { uuid: me, groups: ['a b'], nowSeconds })).toThrow('group');
});

test('preferred-content.log and required-content.log', () => {
  const before =
    'u1 bogus=( timestamp=1s\nu2 timestamp=1s\nu3   include=a   or  x timestamp=1s\nu5 y timestamp=9s\n';
  expect(parsePreferredContentLog(before)).toEqual(
    new Map([
      ['u1', 'bogus=('],
      ['u3', '  include=a   or  x'],
      ['u5', 'y'],
    ]),
  );
  expect(changePreferredContentLog(before, { uuid: 'u5' as UUID, expression: '', nowSeconds })).toBe(
    'u1 bogus=( timestamp=1s\nu2  timestamp=1s\nu3   include=a   or  x timestamp=1s\nu5  timestamp=1000s\n',
  );
  const broken = { uuid: me, expression: 'a\nb', nowSeconds };
  expect(() => changePreferredContentLog('', broken)).toThrow('line breaks');
});

test('schedule.log', () => {
  const activities = ['fsck self 30m every day at any time', 'fsck self 1h every week at any time'];
  const after = changeScheduleLog('', { uuid: me, activities, nowSeconds });
  expect(after).toBe(
    `${me} fsck self 30m every day at any time; fsck self 1h every week at any time timestamp=1000s\n`,
  );
  expect(parseScheduleLog(after).get(me)).toEqual(activities);
  expect(parseScheduleLog(`${me}  timestamp=1s\n`).get(me)).toEqual([]);
  expect(() => changeScheduleLog('', { uuid: me, activities: ['a; b'], nowSeconds })).toThrow('activity');
});

test('activity.log', () => {
  const before =
    'u1 Fsck timestamp=1s\nu2 Fsck Bar timestamp=1s\nu3 Bogus timestamp=1s\nu4 timestamp=1s\nu6 Fsck\nu7 1 Fsck\n';
  expect(changeActivityLog(before, { uuid: me, activity: 'Fsck', nowSeconds })).toBe(
    `${me} Fsck timestamp=1000s\nu1 Fsck timestamp=1s\nu2 Fsck timestamp=1s\nu3 Bogus timestamp=1s\n` +
      'u4  timestamp=1s\nu6 Fsck\nu7 1 Fsck\n',
  );
  expect(parseActivityLog(before).get('u2' as UUID)).toEqual({ activity: 'Fsck', clock: 1_000_000_000_000n });
  expect(parseActivityLog(before).get('u6' as UUID)).toEqual({ activity: 'Fsck', clock: undefined });
});

describe('difference.log', () => {
  test('is read in both spellings and written as Haskell shows a set', () => {
    const before = 'u1 [ObjectHashLower] timestamp=1422387398.30395s\nu2 fromList [] timestamp=1s\nu3 x\n';
    expect([...parseDifferenceLog(before)]).toEqual([
      ['u1', new Set(['ObjectHashLower'])],
      ['u2', new Set()],
    ]);
    const differences = ['OneLevelBranchHash', 'ObjectHashLower', 'OneLevelObjectHash'];
    expect(changeDifferenceLog('', { uuid: me, differences, nowSeconds })).toBe(
      `${me} fromList [ObjectHashLower,OneLevelObjectHash,OneLevelBranchHash] timestamp=1000s\n`,
    );
  });

  test('counts for all repositories together', () => {
    expect(allDifferences('u1 [ObjectHashLower]\nu2 fromList [Simulation]\n')).toEqual(
      new Set(['ObjectHashLower', 'Simulation']),
    );
    expect(allDifferences('')).toEqual(new Set());
  });
});

test('maxsize.log', () => {
  const before =
    '5 u1 30\n5s u1 20\n6s u2 bogus\n7s u3 -5\n8s u4 5 6\n9s u5  7\n10s u6\n99 p +5\n99 r 05\n' +
    '99 s 99999999999999999999999\n99 t 1.5\n99 u 1e3\n99 v - 5\n99 w (5)\n';
  expect(changeMaxSizeLog(before, { uuid: me, maxSizeBytes: 2n ** 60n, nowSeconds })).toBe(
    `1000s ${me} 1152921504606846976\n99s r 5\n99s s 99999999999999999999999\n5s u1 20\n7s u3 -5\n8s u4 5\n` +
      '9s u5 7\n99s v -5\n99s w 5\n',
  );
  expect(parseMaxSizeLog(before).get('u4' as UUID)).toBe(5n);
});

test('multicast.log and remote state keep their text', () => {
  const fingerprint = 'Fingerprint "AB:CD"';
  expect(parseMulticastLog(changeMulticastLog('', { uuid: me, fingerprint, nowSeconds })).get(me)).toBe(
    fingerprint,
  );
  const before = '5s u1 x\n5s u2 \n5s  y\n5s u1 a\n';
  expect(changeRemoteStateLog(before, { uuid: me, state: 'a  b ', nowSeconds })).toBe(
    `5s  y\n1000s ${me} a  b \n5s u1 a\n5s u2 \n`,
  );
  expect(parseRemoteStateLog(before).get('u1' as UUID)).toBe('a');
});

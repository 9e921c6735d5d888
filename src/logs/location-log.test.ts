// The files are ones that real git-annex was made to read, and rewrote as is expected here.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseClusterUUID } from '../types/cluster-uuid.ts';
import type { UUID } from '../types/uuid.ts';
import { parseClusterLog } from './cluster-log.ts';
import {
  addClusterUUIDs,
  changeLocationLog,
  markDeadLocationLog,
  parseLocationLog,
  presentUUIDs,
} from './location-log.ts';
import { unionMergeLines } from './union-merge.ts';

const u1 = '11111111-1111-4111-8111-111111111111' as UUID;
const u2 = '22222222-2222-4222-8222-222222222222' as UUID;
const u3 = '33333333-3333-4333-8333-333333333333' as UUID;
const cluster = 'ac345678-1234-8abc-8111-111111111111' as UUID;

const log = `100s 1 ${u3}\n200.50s 1 ${u1}\n150s 0 ${u2}\n300s 1 ${u2}\n300s 0 ${u2}\n-5s 1 ${u3}\n`;

describe('reading', () => {
  test('takes the newest line, and of several at one time the first', () => {
    expect([...parseLocationLog(log)]).toEqual([
      [u1, 'present'],
      [u2, 'present'],
      [u3, 'present'],
    ]);
    expect(presentUUIDs(`300s 0 ${u2}\n300s 1 ${u2}\n1s 1 ${u3}\n1s X ${u1}\n`)).toEqual([u3]);
  });

  test('passes over what is no line of it', () => {
    const lines = [
      '',
      '5s 1',
      `5s 1  ${u1}`,
      ` 5s 1 ${u1}`,
      `5s 2 ${u1}`,
      `5s\t1\t${u1}`,
      `.5s 1 ${u1}`,
      '5s 1 ',
    ];
    expect(presentUUIDs(lines.join('\n'))).toEqual([]);
    expect(presentUUIDs(`5s 1 ${u1}\r6s 1 ${u2}\r\n\n7s 1 ${u3}`)).toEqual([u1, u2, u3]);
  });

  test('after a union merge in doubt says missing', () => {
    const merged = unionMergeLines([`5s 1 ${u1}\n`, `5s 0 ${u1}\n`]);
    expect(parseLocationLog(merged).get(u1)).toBe('missing');
  });
});

describe('changing', () => {
  test('compacts, sorts and keeps the others', () => {
    expect(changeLocationLog(log, { missing: [u3], nowSeconds: 1795407430 })).toBe(
      `200.5s 1 ${u1}\n300s 1 ${u2}\n1795407430s 0 ${u3}\n`,
    );
  });

  test('keeps infos that are no sound UUIDs, as git-annex does', () => {
    const odd = `5s 1 u51 x\n5s 1  u50\n5s 1 \n5s 1 ${cluster}\n`;
    expect(changeLocationLog(odd, { present: [u1], nowSeconds: 7 })).toBe(
      `5s 1 \n5s 1  u50\n7s 1 ${u1}\n5s 1 ${cluster}\n5s 1 u51 x\n`,
    );
  });

  test('has no news to write where the log says so already', () => {
    expect(changeLocationLog(log, { present: [u1, u2], nowSeconds: 5 })).toBeUndefined();
    expect(changeLocationLog('', { nowSeconds: 5 })).toBeUndefined();
    expect(changeLocationLog('', { missing: [u1], nowSeconds: 5 })).toBe(`5s 0 ${u1}\n`);
  });

  test('never writes a cluster', () => {
    expect(changeLocationLog(log, { present: [cluster], missing: [cluster], nowSeconds: 5 })).toBeUndefined();
  });

  test('advances a clock that is ahead', () => {
    const ahead = `99999999999s 1 ${u1}\n99999999999.25s 1 ${u2}\n`;
    expect(changeLocationLog(ahead, { missing: [u1, u2], nowSeconds: 1795407483 })).toBe(
      `100000000000s 0 ${u1}\n100000000000.25s 0 ${u2}\n`,
    );
  });

  test('believes that content is missing where it is told both', () => {
    expect(changeLocationLog('', { present: [u1], missing: [u1], nowSeconds: 5 })).toBe(`5s 0 ${u1}\n`);
  });

  test('is what is read afterwards, whatever was there and however the clock stands', () => {
    const uuid = fc.constantFrom(u1, u2, u3);
    const line = fc
      .tuple(fc.integer({ min: -9, max: 9 }), fc.constantFrom('0', '1', 'X', '?'), uuid)
      .map(([clock, status, one]) => `${clock}s ${status} ${one}\n`);
    fc.assert(
      fc.property(fc.array(line), fc.integer({ min: -9, max: 9 }), uuid, (lines, nowSeconds, one) => {
        const before = lines.join('');
        for (const [change, status] of [
          [{ present: [one] }, 'present'],
          [{ missing: [one] }, 'missing'],
        ] as const) {
          const after = changeLocationLog(before, { ...change, nowSeconds }) ?? before;
          expect(parseLocationLog(after)).toEqual(new Map(parseLocationLog(before)).set(one, status));
          // The change also wins when the old lines come back by a merge.
          expect(parseLocationLog(unionMergeLines([before, after])).get(one)).toBe(status);
        }
      }),
    );
  });
});

test('a dead key is dead by a picosecond', () => {
  const lost = `7s 0 ${u2}\n5.5s X ${u3}\n99999999999s 0 u4\n`;
  expect(markDeadLocationLog(lost)).toBe(
    `7.000000000001s X ${u2}\n5.5s X ${u3}\n99999999999.000000000001s X u4\n`,
  );
  expect(markDeadLocationLog(`5s X ${u1}\n`)).toBeUndefined();
});

test('clusters come first, sorted, each once', () => {
  const other = 'ac000000-1234-8abc-8111-111111111111' as UUID;
  const clusters = parseClusterLog(`1s ${cluster} ${u1} ${u2}\n1s ${other} ${u2}\n`);
  expect(parseClusterUUID(other)).toBe(other);
  expect(addClusterUUIDs([u2, u1, u3], clusters)).toEqual([other, cluster, u2, u1, u3]);
  expect(addClusterUUIDs([u3], clusters)).toEqual([u3]);
});

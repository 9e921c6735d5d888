// Vectors of the interoperability reference, section 11.6; all were seen with git-annex.
import { describe, expect, test } from 'vitest';
import { parseKey, type Key } from '../types/key.ts';
import type { UUID } from '../types/uuid.ts';
import { leastFull, pickBalanced, tooManyFull, type KeyPlaces } from './balanced.ts';
import { repositoriesWith } from '../../test/support/repositories.ts';

const members = [1, 2, 3, 4, 5].map((digit) => uuidOf(digit));
const group = new Set(members);

/** The key of "file N", its first place, and the places where members 2 and 5 are full and two are wanted. */
const vectors: readonly (readonly [string, number, string])[] = [
  ['5f5d584c5857d85af911ade1b2ae7cb593c17654282091f3ace31efd9e951360', 2, '13'],
  ['0b7e1391e807365614c548fd10a4a543cf0654268529f3fe768ed7042624c006', 3, '34'],
  ['b90ae9387f8c3b679f6bbd62649e3b0649fd2f5ab82cc174af8977671367f761', 4, '34'],
  ['76f61e3503f81ffc8ccff1db16486d49a5f602267027e5ae85ae17d0c5e041b1', 4, '13'],
  ['27c7d24edb77a005c6109792cc4efc120bc2388a5464d54745b99f006d241db9', 5, '41'],
  ['180fa4e69eabbd12afde1390092594798e083d97f779d089cd753363c6905cd0', 3, '41'],
  ['cdc4f52fe4cd55696b22732e3d35afd38e2905551ac4f7b4ceb44357740b62ea', 4, '41'],
  ['3e7e2b6c54af7ff67e199f44eb09494ab201c828ea140470d0327a9155beee78', 4, '34'],
];

describe('pickBalanced', () => {
  test.each(vectors)('%s begins with %i', (hash, first, whenFull) => {
    const key = keyOf(`SHA256E-s7--${hash}.dat`);
    const pick = (count: bigint, candidates = members): string =>
      pickBalanced({ group, candidates, key, count })
        .map((uuid) => uuid[0])
        .join('');
    const inOrder = '1234512345'.slice(first - 1, first + 2);
    expect([pick(1n), pick(2n), pick(3n)]).toEqual([inOrder.slice(0, 1), inOrder.slice(0, 2), inOrder]);
    expect(pick(2n, [members[3], members[0], members[2]] as UUID[])).toBe(whenFull);
  });

  test('members are sorted as text, and more than there are is all', () => {
    const many = Array.from({ length: 500 }, (_, index) => String(index + 1) as UUID);
    const options = { group: new Set(many), candidates: many, key: keyOf('WORM--test') };
    expect(pickBalanced({ ...options, count: 3n })).toEqual(['332', '333', '334']);
    expect(pickBalanced({ ...options, count: 10n ** 20n })).toHaveLength(500);
    expect(pickBalanced({ ...options, count: -1n })).toEqual([]);
    expect(pickBalanced({ ...options, candidates: [], count: 1n })).toEqual([]);
  });
});

describe('size balancing', () => {
  const key = keyOf('SHA256E-s7--x');
  const places = (
    sizes: Record<number, number>,
    limits: Record<number, number>,
    has: number[] = [],
  ): KeyPlaces => ({
    key,
    locations: new Set(has.map((digit) => uuidOf(digit))),
    repositories: repositoriesWith({
      sizes: new Map(Object.entries(sizes).map(([digit, size]) => [uuidOf(Number(digit)), BigInt(size)])),
      maxSizes: new Map(Object.entries(limits).map(([digit, size]) => [uuidOf(Number(digit)), BigInt(size)])),
    }),
  });

  test('those that are equally empty come by the highest UUID, and those without limit or room never', () => {
    const found = leastFull(group, 2n, places({ 4: 0 }, { 1: 100, 2: 100, 3: 100, 4: 5 }));
    expect(found).toEqual([uuidOf(3), uuidOf(2)]);
  });

  test('what a repository has already does not make it fuller', () => {
    const found = leastFull(group, 1n, places({ 1: 57, 2: 51 }, { 1: 100, 2: 100 }, [1]));
    expect(found).toEqual([uuidOf(1)]);
  });

  test('too many are full where fewer than wanted are not', () => {
    const limits = { 1: 100, 2: 100, 3: 100, 4: 0 };
    expect(tooManyFull(group, 3n, places({ 1: 90, 2: 95, 3: 89 }, limits))).toBe(false);
    expect(tooManyFull(group, 4n, places({ 1: 90, 2: 95, 3: 89 }, limits))).toBe(true);
  });
});

function uuidOf(digit: number): UUID {
  const digits = (count: number): string => String(digit).repeat(count);
  return `${digits(8)}-${digits(4)}-4${digits(3)}-8${digits(3)}-${digits(12)}` as UUID;
}

function keyOf(text: string): Key {
  return parseKey(text) as Key;
}

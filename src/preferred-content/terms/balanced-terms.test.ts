// What git-annex chose, seen with both releases: a group of three, of which the third is dead, has a limit and by the log has
// the first five of these keys of 56 bytes each.
import { expect, test } from 'vitest';
import { repositoriesWith, subjectWith } from '../../../test/support/repositories.ts';
import type { Key } from '../../types/key.ts';
import type { UUID } from '../../types/uuid.ts';
import { PreferredContent } from '../preferred-content.ts';

const members = ['11111111', '22222222', '33333333'].map(
  (start) => `${start}-1111-4111-8111-111111111111` as UUID,
);
const [first, second, dead] = members as [UUID, UUID, UUID];
const keys = [
  '2de8391cfe26af0c3e9ca3d651c50feed840240739bc338176f1929fccb99e95',
  '71e9a0f32567e16c995c6221fd2ba9d18731ae6ed43fbf229bef6fd6d4320a5f',
  'afe0e0cfe4ad35d815e8952cd3137fceccc286a2532e6868c4f957fd08f7e1c4',
  'a7b35e19a916c3eb0ce9ba3c997a628f45a4ba43962e5ada1295527524664130',
  '857deb0f7338e12a2d87b276eb3155a275e4be971f52b62970b49afd09c9c96b',
  '4e3c3383c2e08ca6421cc362e34a518b214ea2e6ba66abc5e23733ee475ffebd',
  '9e8130b0734582203a06032329db7c2f5b398f1046a5fe0151ca6c4db56bad20',
].map((hash) => `SHA256E-s56--${hash}` as Key);
const size = 56n;

test.each([
  ['fullybalanced=g', 5n * size - 1n, '1112112'],
  ['fullybalanced=g', 5n * size, '1331112'],
  ['fullybalanced=g', 6n * size - 1n, '1331112'],
  ['fullybalanced=g', 6n * size, '1331131'],
  ['fullysizebalanced=g', 100n * size, '3333322'],
  ['fullysizebalanced=g', 130n * size, '3333333'],
])('%s with a dead member that holds at most %i bytes', (expression, maxSize, chosen) => {
  const isBySize = expression.startsWith('fullysize');
  const content = new PreferredContent(
    repositoriesWith({
      groups: new Map(members.map((uuid) => [uuid, new Set(['g'])])),
      preferred: new Map(members.map((uuid) => [uuid, expression])),
      trust: new Map([[dead, 'dead']]),
      maxSizes: new Map<UUID, bigint>([
        [dead, maxSize],
        ...(isBySize ? [first, second].map((uuid): [UUID, bigint] => [uuid, 22n * size]) : []),
      ]),
      sizes: new Map([
        [first, isBySize ? size : 0n],
        [second, isBySize ? size : 0n],
        [dead, 5n * size],
      ]),
    }),
  );
  const choose = (key: Key, index: number): string => {
    const subject = subjectWith({ key, deadLocations: new Set(index < 5 ? [dead] : []) });
    return members
      .filter((uuid) => content.wantsGet(uuid, subject, { otherwise: false }).value === true)
      .map(([digit]) => digit)
      .join('');
  };
  expect(keys.map(choose).join('')).toBe(chosen);
});

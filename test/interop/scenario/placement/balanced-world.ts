// A world for balanced placement: a group of each size, one of its members with an expression over it, and many keys.
// Half of the groups have no maximum sizes, half have them, some of them reached.
import { keyLogPath } from '../../../../src/logs/branch-path.ts';
import { changeGroupLog } from '../../../../src/logs/group-log.ts';
import { changeLocationLog } from '../../../../src/logs/location-log.ts';
import { changeMaxSizeLog } from '../../../../src/logs/max-size-log.ts';
import { changePreferredContentLog } from '../../../../src/logs/preferred-content-log.ts';
import { changeUUIDLog } from '../../../../src/logs/uuid-log.ts';
import { hashDirLower } from '../../../../src/types/hash-dirs.ts';
import { parseKey, type Key } from '../../../../src/types/key.ts';
import { genUUID, type UUID } from '../../../../src/types/uuid.ts';
import type { ByteString } from '../../../../src/util/byte-string.ts';
import { pick, type Random } from '../random.ts';
import { BranchFiles } from './branch-files.ts';
import { sizesOf, type PlacementWorld } from './random-world.ts';

export interface BalancedWorldSize {
  readonly keys: number;
  readonly groupSizes: readonly number[];
}

/** The repositories with an expression are `uuids`; the other members of groups are in the branch only. */
export function balancedWorld(
  random: Random,
  { keys: count, groupSizes }: BalancedWorldSize,
): PlacementWorld {
  const rng = { bytes: (bytes: number) => Uint8Array.from({ length: bytes }, () => random() * 256) };
  const largest = Math.max(...groupSizes);
  const [unlimited, limited] = [0, 1].map(() => Array.from({ length: largest }, () => genUUID(rng))) as [
    UUID[],
    UUID[],
  ];
  const everybody = [...unlimited, ...limited];
  const keys = Array.from({ length: count }, (_, index) =>
    makeKey(`${index}x`, 1 + Math.floor(random() * 1000)),
  );
  const fillers = everybody.map((_, index) => makeKey(`filler${index}`, Math.floor(random() * 100_000)));
  const locations = new Map<Key, readonly UUID[]>([
    ...keys.map((key) => [key, random() < 0.9 ? [] : everybody.filter(() => random() < 0.1)] as const),
    ...fillers.map((key, index) => [key, [everybody[index] as UUID]] as const),
  ]);

  const branch = new BranchFiles();
  const groups = new Map<UUID, ByteString[]>(everybody.map((uuid) => [uuid, []]));
  const judged = [unlimited, limited].flatMap((members, kind) =>
    groupSizes.map((size, index) => {
      const group = `g${kind}x${size}`;
      // The member with the expression differs from group to group, since it has one expression only.
      const owner = members[index] as UUID;
      const others = members.filter((uuid) => uuid !== owner).sort(() => random() - 0.5);
      const chosen = [owner, ...others.slice(0, size - 1)];
      for (const uuid of chosen) groups.get(uuid)?.push(group);
      const term = pick(random, kind === 0 ? picking : all);
      const amount = pick(random, ['', ':1', ':2', ':3', `:${size}`, ':lackingcopies']);
      const expression = `${term}=${group}${amount}`;
      branch.change('preferred-content.log', (content) =>
        changePreferredContentLog(content, { uuid: owner, expression, nowSeconds }),
      );
      return owner;
    }),
  );
  for (const uuid of everybody) {
    branch.change('uuid.log', (content) => changeUUIDLog(content, { uuid, description: 'r', nowSeconds }));
    branch.change('group.log', (content) =>
      changeGroupLog(content, { uuid, groups: groups.get(uuid) ?? [], nowSeconds }),
    );
  }
  const sizes = sizesOf(locations);
  for (const uuid of limited) {
    if (random() < 0.1) continue;
    const size = sizes.get(uuid) ?? 0n;
    const maxSizeBytes = pick(random, [size, size + 500n, size + 50_000n, 100_000n, 200_000n, size * 2n]);
    branch.change('maxsize.log', (content) => changeMaxSizeLog(content, { uuid, maxSizeBytes, nowSeconds }));
  }
  for (const [key, present] of locations)
    branch.change(keyLogPath(key, { log: 'location', oneLevel: false }), (content) =>
      changeLocationLog(content, { present, nowSeconds }),
    );
  return {
    here: everybody[0] as UUID,
    uuids: judged,
    files: keys.map((key, index) => ({ path: `f${index}`, key })),
    contentHere: new Set(keys.filter((key) => locations.get(key)?.includes(everybody[0] as UUID) === true)),
    unused: [],
    gitAttributes: '* annex.numcopies=3\n',
    thresholdPercent: 90,
    branch: branch.files,
    locations,
  };
}

/**
 * One whose log is in one of few directories: git reads the tree of the branch, and of the directory, anew for every log that
 * it is asked for, which is what most of the time of a question goes to where there are thousands of directories.
 */
function makeKey(name: string, sizeBytes: number): Key {
  for (let attempt = 0; ; attempt++) {
    const key = parseKey(`SHA256E-s${sizeBytes}--${name}${attempt}`);
    if (key === undefined) throw new Error(`${name} makes no key`);
    if (fewDirectories.test(hashDirLower(key))) return key;
  }
}

const fewDirectories = /^0[0-3]/;
const picking = ['balanced', 'fullybalanced'];
const all = [...picking, 'sizebalanced', 'fullysizebalanced'];
const nowSeconds = 1_700_000_000;

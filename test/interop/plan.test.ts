// plan beside what real git-annex of both releases then does: `sync --content` leaves every key where the plan has it.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { annexusProgram, releases, runIn, withTempDir, type Release } from '../support/git-annex.ts';

const script = `
git init -q r; cd r; git annex init -q laptop; mkdir -p archive music
for i in 1 2 3 4 5 6 7; do echo "song $i" > music/s$i.mp3; echo "data $i" > f$i.dat; done
cp f1.dat archive/f1.dat; cp f2.dat music/f2.dat
echo '*.mp3 annex.numcopies=2' > .gitattributes; git add .gitattributes; git annex add -q .; git commit -qm files
for n in 1 2 3 4; do git annex initremote -q d$n type=directory directory=../d$n encryption=none; done
git annex copy -q --to d1 f1.dat f2.dat music/s1.mp3; git annex copy -q --to d4 f4.dat f5.dat music
git annex drop -q --force f3.dat f4.dat
for group in 'd1 pool' 'd2 pool' 'd3 archive' 'd4 transfer'; do git annex group -q $group; done
git annex wanted -q . 'include=*.dat and not largerthan=1mb and exclude=f6*'
git annex wanted -q d1 balanced=pool:1; git annex wanted -q d2 balanced=pool:1
git annex wanted -q d3 'standard and include=*.dat'; git annex wanted -q d4 'not (copies=pool:1)'
git annex required -q d1 include=f2.dat
`;

interface Planned {
  readonly file?: string;
  readonly key: string;
  readonly get: readonly string[];
  readonly drop: readonly string[];
}

describe.each(releases())('with git-annex of the $name release', (release) => {
  test('keys are where they were planned to be after sync --content', { timeout: 240_000 }, async () => {
    await withTempDir(async (dir) => {
      const cwd = await makeRepository(dir, release);
      const before = await locations(cwd, release);
      const planned = await annexus(cwd, release, ['plan', '--files', '--json']);
      const after = new Map([...before].map(([key, uuids]) => [key, new Set(uuids)]));
      let moves = 0;
      for (const line of planned.trimEnd().split('\n').slice(0, -1)) {
        const { drop, get, key } = JSON.parse(line) as Planned;
        for (const uuid of get) after.get(key)?.add(uuid);
        for (const uuid of drop) after.get(key)?.delete(uuid);
        moves += get.length + drop.length;
      }
      expect(moves).toBeGreaterThan(20);
      // It fails for the key that is nowhere.
      await runIn(cwd, ['git', 'annex', 'sync', '--content'], { release, allow: 'any' });
      expect(readable(await locations(cwd, release))).toEqual(readable(after));
      const then = await annexus(cwd, release, ['plan']);
      expect(then).toMatch(/^ +- +- +\d+ B +- {2}laptop \[here\]$/m);
      expect(then).toContain('1 key (7 B) wanted, and no repository has the content\n');
      expect(await annexus(cwd, release, ['plan', '--without', 'd3'])).not.toContain('[d3]');
      expect(await annexus(cwd, release, ['plan', '--rebalance', '--with', 'pool=1kb'])).toMatch(
        /^ *[1-9]\d* keys? .* 1 kB {2}a new one in pool$/m,
      );
    });
  });
});

async function makeRepository(dir: string, release: Release): Promise<string> {
  await Promise.all(['d1', 'd2', 'd3', 'd4'].map((name) => mkdir(join(dir, name))));
  await runIn(dir, ['bash', '-ec', script], { release });
  return join(dir, 'r');
}

async function annexus(cwd: string, release: Release, words: readonly string[]): Promise<string> {
  return (await runIn(cwd, [process.execPath, annexusProgram, ...words], { release })).stdout;
}

/** Of each key, as git-annex has them. */
async function locations(cwd: string, release: Release): Promise<Map<string, Set<string>>> {
  const { stdout } = await runIn(cwd, ['git', 'annex', 'whereis', '--all', '--json'], {
    release,
    allow: [0, 1],
  });
  const lines = stdout.trimEnd().split('\n');
  return new Map(
    lines.map((line) => {
      const { key, whereis } = JSON.parse(line) as { key: string; whereis: { uuid: string }[] };
      return [key, new Set(whereis.map(({ uuid }) => uuid))];
    }),
  );
}

function readable(keys: ReadonlyMap<string, ReadonlySet<string>>): Record<string, string[]> {
  return Object.fromEntries([...keys].map(([key, uuids]) => [key, [...uuids].sort()]));
}

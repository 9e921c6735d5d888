// Sizes of repositories are what real git-annex of both releases says, after whatever it and Annexus did; and room that
// processes of Annexus reserve is never given twice.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { openAnnex, type OpenAnnex } from '../../src/node/annex/open-annex.ts';
import { systemClock, systemRng } from '../../src/node/clock.ts';
import { SharedSizes } from '../../src/node/sizes/shared-sizes.ts';
import type { Event } from '../../src/types/event.ts';
import { parseKey, type Key } from '../../src/types/key.ts';
import type { UUID } from '../../src/types/uuid.ts';
import { bundleProgram } from '../support/bundle-program.ts';
import {
  annexusProgram,
  releases,
  runIn,
  startIn,
  withTempDir,
  type Release,
  type Running,
} from '../support/git-annex.ts';
import { latestRelease } from './scenario/world.ts';
import { interopSeed, pick, randomFrom, type Random } from './scenario/random.ts';

const annexus = [process.execPath, annexusProgram];
const stranger = '99999999-1111-4111-8111-111111111111' as UUID;
const cluster = 'ac999999-1111-8111-8111-111111111111' as UUID;

interface Scene {
  readonly dir: string;
  readonly sh: (script: string) => Promise<string>;
  readonly release: Release;
}

async function withScene(release: Release, body: (scene: Scene) => Promise<void>): Promise<void> {
  await withTempDir(async (top) => {
    const dir = join(top, 'a');
    const sh = async (script: string): Promise<string> =>
      (await runIn(dir, ['bash', '-ec', script], { release })).stdout;
    await runIn(top, ['git', 'init', '-q', 'a'], { release });
    await sh(`
      git annex init -q first; mkdir ../d
      for size in 1 20 300 4000 50000 600000; do head -c $size /dev/urandom > f$size; done
      git annex add -q .; git commit -qm files
      git clone -q . ../b; (cd ../b; git annex init -q second; git remote add a ../a)
      git remote add b ../b; git fetch -q b
      git annex initremote -q d type=directory directory=../d encryption=none; git annex merge -q`);
    await body({ dir, sh, release });
  });
}

async function withAnnex(dir: string, body: (annex: OpenAnnex) => Promise<void>): Promise<void> {
  const annex = await openAnnex(dir, { clock: systemClock, rng: systemRng, events: () => undefined });
  try {
    await body(annex);
  } finally {
    await annex.close();
  }
}

/** What git-annex says that each living repository has. */
async function sizesByGitAnnex({ sh }: Scene): Promise<Record<string, number>> {
  const told = JSON.parse(await sh('git annex maxsize --json --bytes')) as {
    readonly repositories: readonly { readonly uuid: string; readonly size: { readonly size: number } }[];
  };
  return Object.fromEntries(told.repositories.map(({ uuid, size }) => [uuid, size.size]));
}

async function sizesByAnnexus(annex: OpenAnnex): Promise<Record<string, number>> {
  await annex.sizes.sums.look();
  const dead = await annex.locations.dead();
  const alive = [...annex.sizes.sums.all()].filter(([uuid]) => !dead.has(uuid));
  return Object.fromEntries(alive.map(([uuid, { bytes }]) => [uuid, Number(bytes)]));
}

function keyOf(text: string): Key {
  const key = parseKey(text);
  if (key === undefined) throw new Error(`${text} is no key`);
  return key;
}

const someKeys = ['SHA256-s7--x', 'URL--http://example.com/', 'WORM-s11-m1--y z', 'SHA1-s13--q"'].map(keyOf);

/** One thing that somebody does. */
async function step(random: Random, { sh }: Scene, annex: OpenAnnex): Promise<string> {
  const file = pick(random, ['f1', 'f20', 'f300', 'f4000', 'f50000', 'f600000']);
  const uuid = pick(random, [annex.uuid, stranger, cluster]);
  const key = pick(random, someKeys);
  const name = pick(random, [
    'copy',
    'drop',
    'elsewhere',
    'log',
    'log',
    'log',
    'commit',
    'setpresentkey',
  ] as const);
  if (name === 'copy')
    await sh(`git annex get -q ${file} || true; git annex copy -q ${file} --to ${pick(random, ['b', 'd'])}`);
  else if (name === 'drop')
    await sh(`git annex drop -q --force ${file} ${pick(random, ['', '--from b', '--from d'])}`);
  else if (name === 'setpresentkey')
    await sh(`git annex setpresentkey -q '${key}' ${uuid} ${pick(random, ['0', '1'])}`);
  else if (name === 'elsewhere')
    await sh(`cd ../b; new=new${random()}; echo $new > $new; git annex add -q $new; git commit -qm $new; git annex get -q ${file} || true
      cd ../a; git fetch -q b; git annex merge -q`);
  else if (name === 'commit') await annex.branch.commit();
  else {
    const present = random() < 0.6 ? [uuid] : [];
    await annex.locations.logChange(key, { present, missing: present.length === 0 ? [uuid] : [] });
  }
  return `${name} ${file} ${uuid} ${key}`;
}

describe.each(releases())('beside git-annex of the $name release', (release) => {
  test('sizes are the same after all that both do', async () => {
    await withScene(release, async (scene) => {
      const { sh, dir } = scene;
      const random = randomFrom(interopSeed);
      const done: string[] = [];
      await withAnnex(dir, async (annex) => {
        const compare = async (): Promise<void> => {
          const ours = await sizesByAnnexus(annex);
          expect({ done, sizes: ours }).toEqual({ done, sizes: await sizesByGitAnnex(scene) });
        };
        await compare();
        for (let round = 0; round < 4; round++) {
          for (let count = 0; count < 4; count++) done.push(await step(random, scene, annex));
          await compare();
        }
        done.push('dead key', 'dead repository');
        await sh(`for from in '' '--from b' '--from d'; do git annex drop -q --force f300 $from; done
          git annex dead -q --key $(git annex lookupkey f300); git annex dead -q d`);
        await compare();
        done.push('forget');
        await sh('git annex forget -q --force --drop-dead');
        await compare();
      });
    });
  });

  test('maxsize and info print what it prints', async () => {
    await withScene(release, async ({ sh, dir }) => {
      const run = async (program: readonly string[], args: readonly string[]): Promise<string> => {
        const { stdout, exitCode } = await runIn(dir, [...program, ...args], { release, allow: [0, 1] });
        return `${stdout}exit ${exitCode}`;
      };
      await sh(`git annex copy -q f300 f50000 --to b; git annex copy -q f20 --to d
        git annex setpresentkey -q SHA256-s17--x ${stranger} 1; git annex setpresentkey -q URL--x ${stranger} 1
        git annex describe -q b here`);
      // As set by either, and as either says then.
      const sizes = [
        ['here', '1 MB'],
        ['b', '100600b'],
        ['d', '0.02 kB'],
        [stranger, '5x'],
        ['nosuch', '1'],
        ['here', 'x'],
      ];
      for (const [index, words] of sizes.entries()) {
        const program = index % 2 === 0 ? annexus : ['git-annex'];
        const state = '(recording state in git...)\n';
        expect((await run(program, ['maxsize', ...words])).replace(state, '')).toMatch(/ok\nexit 0$|exit 1$/);
      }
      const same = [
        '',
        '--bytes',
        '--json',
        'b',
        'd --bytes',
        'd --json',
        `${stranger} --json`,
        'nosuch',
        'here -q',
      ];
      for (const text of same) {
        const words = ['maxsize', ...text.split(' ').filter((word) => word !== '')];
        expect({ words, printed: await run(annexus, words) }).toEqual({
          words,
          printed: await run(['git-annex'], words),
        });
      }
      for (const args of [
        ['info', 'here'],
        ['info', 'b'],
        ['info', 'b', '--bytes'],
      ])
        expect(await run(annexus, args)).toBe(await run(['git-annex'], args));
      const overall = (await run(['git-annex'], ['info']))
        .split('\n')
        .filter((line) => !/disk space/.test(line));
      const ours = (await run(annexus, ['info'])).split('\n').filter((line) => !/disk space/.test(line));
      expect(overall).toEqual(expect.arrayContaining(ours));
      expect(ours.filter((line) => line.includes(stranger))).toEqual([`\t     17 B: ${stranger}`]);
    });
  });
});

describe('processes of Annexus', () => {
  const latest = latestRelease();

  test('never fill a node further than there is room', async () => {
    await withScene(latest, async (scene) => {
      await scene.sh(`git annex setpresentkey -q SHA256-s0--x ${stranger} 1`);
      const uploader = await bundleProgram('reserve-room');
      const upload = (name: string, room: number): Running =>
        startIn(scene.dir, ['node', uploader, name, stranger, String(room), '50'], { release: latest });
      const sizeBy = async (): Promise<unknown> => (await sizesByGitAnnex(scene))[stranger];
      const pair = [upload('one', 60_000), upload('other', 60_000)];
      for (const each of pair) await each.shows(/ready/);
      for (const { child } of pair) child.stdin?.end();
      expect(await Promise.all(pair.map(({ ended }) => ended))).toEqual([0, 0]);
      expect(pair.flatMap(({ stdout }) => stdout().match(/stored/g) ?? [])).toHaveLength(60);
      expect(await sizeBy()).toBe(60_000);
      // What one held that was killed is free again, and what it stored is not.
      const killed = upload('killed', 100_000);
      killed.child.stdin?.end();
      await killed.shows(/stored/);
      killed.child.kill('SIGKILL');
      await killed.ended;
      const last = upload('last', 100_000);
      last.child.stdin?.end();
      expect(await last.ended).toBe(0);
      expect(await sizeBy()).toBe(100_000);
    });
  });

  test('one that was stopped while it judges keeps nobody from judging', async () => {
    await withScene(latest, async ({ dir, sh }) => {
      await sh(`git annex setpresentkey -q SHA256-s5--x ${stranger} 1`);
      await using stopped = startIn(dir, ['node', await bundleProgram('stop-while-judging')], {
        release: latest,
      });
      const { pid } = stopped.child;
      await vi.waitFor(async () => expect(await readFile(`/proc/${pid}/stat`, 'latin1')).toMatch(/\) T /), {
        timeout: 20_000,
      });
      await withAnnex(dir, async (annex) => {
        const warnings: string[] = [];
        const events = (event: Event): void => {
          if (event.type === 'warning') warnings.push(event.message);
        };
        const sizes = new SharedSizes(annex.branch, { events, lockWaitMs: 100 });
        const other = new SharedSizes(annex.branch, { lockWaitMs: 100 });
        const [key] = ['SHA256-s1000--y'].map(parseKey);
        const held = await sizes.exclusively((ledger) => ledger.reserve(key!, [stranger]));
        for (const each of [sizes, other])
          expect(await each.exclusively((ledger) => ledger.sizeOf(stranger))).toBe(1005n);
        expect(warnings).toEqual([
          expect.stringContaining('annexus/sizes/lock is held by a process that does not go on'),
        ]);
        stopped.child.kill('SIGCONT');
        await stopped.shows(/went on/);
        expect(await stopped.ended).toBe(0);
        held.release();
        expect(await sizes.exclusively((ledger) => ledger.sizeOf(stranger))).toBe(5n);
        expect(warnings).toHaveLength(1);
        await Promise.all([sizes.close(), other.close()]);
      });
    });
  });

  test('kill -9 at any moment: sums are right, or made anew', async () => {
    await withScene(latest, async (scene) => {
      const changer = await bundleProgram('look-at-sizes');
      for (let life = 0; life < 5; life++) {
        const started = startIn(scene.dir, ['node', changer, `life${life}`], { release: latest });
        await started.shows(/looked/);
        await sleep((life * 37) % 250);
        started.child.kill('SIGKILL');
        await started.ended;
        await withAnnex(scene.dir, async (annex) => {
          expect(await sizesByAnnexus(annex)).toEqual(await sizesByGitAnnex(scene));
        });
      }
    });
  });
});

// extendcluster, updatecluster and updateproxy beside real git-annex of both releases: the same commands in two copies of
// the same gateways leave the same logs and configuration, and print the same.
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { annexusProgram, releases, runIn, withTempDir, type Release } from '../support/git-annex.ts';

/** Words of a program's own are given to both; a line that begins with `$` is for the shell. */
type Step = string;

const program = { annexus: `'${process.execPath}' '${annexusProgram}'`, 'git-annex': 'git-annex' } as const;
type Program = keyof typeof program;

/** Gateways g1 (a1, a2), g2 (b1, b2 in the cluster, b3 proxied) and g3, whose remotes for each other are ssh's. */
async function makeGateways(dir: string, release: Release): Promise<void> {
  const script = `
    mk() { git init -q $1; git -C $1 annex init $1; }
    for r in a1 a2 b1 b2 b3 g2; do mk $r; done
    cd g2; git commit -q --allow-empty -m x
    for r in b1 b2 b3; do git remote add $r ../$r; done
    for r in b1 b2; do git config remote.$r.annex-cluster-node c; done
    git config remote.b3.annex-proxy true
    git annex initcluster c; git annex updatecluster; cd ..
    for g in g1 g3; do git clone -q g2 $g; git -C $g annex init $g; git -C $g remote remove origin; done
    for g in g1 g2 g3; do for h in g1 g2 g3; do
      if [ $g != $h ]; then git -C $g remote add $h ssh://localhost/x/$h
      git -C $g config remote.$h.annex-uuid $(git -C $h config annex.uuid)
      git -C $g config remote.$h.fetch-from ../$h; fi
    done; done
    cd g1; for r in a1 a2; do git remote add $r ../$r; git config remote.$r.annex-cluster-node c; done`;
  await runIn(dir, ['bash', '-ec', script], { release });
}

async function run(step: Step, at: string, { release, name }: Twin): Promise<object> {
  const shell = step.startsWith('$');
  const script = shell ? step.slice(1) : `${program[name]} ${step}`;
  const ran = await runIn(at, ['bash', '-c', script], { release, allow: shell ? [0] : [0, 1] });
  if (shell) return {};
  const stderr = ran.stderr
    .split('\n')
    .map((line) => line.replace(/^(annexus|git-annex): /, ''))
    // Git-annex tries to reach what has no UUID, and complains; and it ends messages with an empty line.
    .filter((line) => line !== '' && !/cannot currently be accessed|^ {2}Unable to/.test(line));
  return { stdout: ran.stdout.replace(/^\(merging .*\n/m, ''), stderr, exitCode: ran.exitCode };
}

interface Twin {
  readonly release: Release;
  readonly name: Program;
}

/** Everything that was recorded, but for the times. */
async function recorded(at: string): Promise<object> {
  const show = async (path: string): Promise<string[]> => {
    const { stdout } = await runIn(at, ['git', 'show', `git-annex:${path}`], { allow: [0, 128] });
    return path === 'uuid.log' ? stdout.replace(/\b\d+s$/gm, 'TIME').split('\n') : latestLines(stdout);
  };
  const config = (await runIn(at, ['git', 'config', '--local', '--list'])).stdout.split('\n').sort();
  const [proxy, cluster, uuid] = await Promise.all(['proxy.log', 'cluster.log', 'uuid.log'].map(show));
  return { config, proxy, cluster, uuid };
}

/** The line that counts of each repository; how many older ones are still there is each program's own affair. */
function latestLines(log: string): string[] {
  const latest = new Map<string, { readonly time: number; readonly line: string }>();
  for (const line of log.split('\n')) {
    const [time = '', field = '', ...words] = line.split(' ');
    const known = latest.get(field);
    const seconds = Number.parseFloat(time);
    if (known === undefined || seconds > known.time) {
      latest.set(field, { time: seconds, line: [field, ...words].join(' ') });
    }
  }
  return Array.from(latest.values(), ({ line }) => line).sort();
}

const fetchFrom = (other: string): Step =>
  `$git fetch -q ../${other} git-annex:refs/remotes/${other}/git-annex && git-annex merge -q`;

/** At which gateway, and what. */
const scenario: readonly (readonly [string, readonly Step[]])[] = [
  [
    'g1',
    [
      'extendcluster nosuch c',
      'extendcluster g2 nosuch',
      'extendcluster g2 b1',
      'extendcluster a1 c',
      'updatecluster',
      '$git config remote.g2.annex-cluster-gateway something',
      'extendcluster g2 c',
      'extendcluster g2 c',
      'extendcluster g2 c --quiet',
      'updateproxy',
      // Another remote that is the same gateway, and another name.
      '$git config remote.again.url ssh://localhost/y; git config remote.again.annex-uuid "$(git config remote.g2.annex-uuid)"',
      'updatecluster',
      '$git config --remove-section remote.again',
      'updatecluster --quiet',
      '$git remote rename g2 gg',
      'updateproxy',
      '$git remote rename gg g2',
      'updatecluster',
      // What is hidden by a setting of its own.
      '$git config remote.g2-b2.annex-ignore true',
      '$git config --unset remote.g2-b2.annex-ignore',
      'updatecluster',
      // Nodes come and go.
      '$git config --unset remote.a1.annex-cluster-node; git config remote.b3.url ../b3; git config remote.b3.annex-proxy true',
      'updatecluster',
      '$git config --unset remote.a2.annex-cluster-node; git config remote.a1.annex-cluster-node "c other"',
      'updatecluster',
      '$git config remote.a2.annex-cluster-node ""',
      'updatecluster',
      'initcluster other',
      'updatecluster',
      'initcluster c something',
      // Chains: what the other gateway has is proxied too, as its setting is inherited.
      '$git config remote.g2.annex-proxy true',
      'updateproxy',
      '$git config --unset remote.g2.annex-proxy',
      'updateproxy',
    ],
  ],
  [
    'g1',
    [
      '$git config remote.noannex.url ../nosuch; git config remote.noannex.annex-proxy true',
      '$git config remote.nonode.url ../nosuch; git config remote.nonode.annex-cluster-node c',
      '$git config remote.away.url ../nosuch; git config remote.away.annex-proxy true; git config remote.away.annex-uuid 11111111-1111-4111-8111-111111111111',
      '$mkdir ../d1 ../d2 ../d3; git-annex initremote d1 type=directory directory=$PWD/../d1 encryption=none',
      '$git-annex initremote d2 type=directory directory=$PWD/../d2 encryption=none exporttree=yes',
      '$git-annex initremote d3 type=directory directory=$PWD/../d3 encryption=none exporttree=yes annexobjects=yes',
      '$for d in d1 d2 d3; do git config remote.$d.annex-cluster-node c; done; git config remote.mere.annex-proxy true',
      'updateproxy',
      'updatecluster',
      '$git config --unset remote.d1.annex-cluster-node; git config --unset remote.d2.annex-cluster-node',
      'updatecluster',
      // A special remote that nobody verified (releases that know of that: its state is `automatic`).
      '$git-annex initremote hook type=hook hooktype=foo encryption=none; git config remote.hook.annex-verified automatic',
      '$git config remote.hook.annex-cluster-node c',
      'updatecluster',
      '$for r in noannex nonode away; do git config --remove-section remote.$r; done',
      'updatecluster',
    ],
  ],
  ['g2', [fetchFrom('g1'), 'updatecluster', 'extendcluster g1 c', 'updatecluster', 'updateproxy']],
  ['g1', [fetchFrom('g2'), 'updatecluster']],
];

describe.each(releases())('beside git-annex of the $name release', (release) => {
  test('the same commands leave the same', { timeout: 300_000 }, async () => {
    await withTempDir(async (dir) => {
      await makeGateways(dir, release);
      const twins = (['git-annex', 'annexus'] as const).map((name) => ({ release, name }));
      await withTempDir(async (copies) => {
        for (const { name } of twins) await cp(dir, join(copies, name), { recursive: true });
        for (const [gateway, steps] of scenario) {
          for (const step of steps) {
            if (step.includes('initremote') || step === 'initcluster other') {
              // New UUIDs: made in one copy, which becomes both.
              await run(step, join(copies, 'git-annex', gateway), { release, name: 'git-annex' });
              await cp(join(copies, 'git-annex'), join(copies, 'annexus'), { recursive: true, force: true });
              continue;
            }
            const [theirs, ours] = await Promise.all(
              twins.map(async (twin) => {
                const at = join(copies, twin.name, gateway);
                return { ...(await run(step, at, twin)), ...(await recorded(at)) };
              }),
            );
            expect({ gateway, step, ...ours }).toEqual({ gateway, step, ...theirs });
          }
        }
      });
    });
  });

  test('where git-annex loses nodes, keeps them for ever, or finds ever longer ways, ours does not', {
    timeout: 300_000,
  }, async () => {
    await withTempDir(async (dir) => {
      await makeGateways(dir, release);
      const found: Record<string, object> = {};
      for (const name of ['git-annex', 'annexus'] as const) {
        await withTempDir(async (copy) => {
          await cp(dir, copy, { recursive: true });
          found[name] = await differences(copy, { release, name });
        });
      }
      expect(found).toEqual({
        'git-annex': {
          'cluster-nodes-kept': ['a1', 'a2'],
          'cluster-node-removal': ['b1', 'b2'],
          'proxy-shortest-ways': false,
        },
        annexus: {
          'cluster-nodes-kept': ['a1', 'a2', 'b1', 'b2'],
          'cluster-node-removal': ['b2'],
          'proxy-shortest-ways': true,
        },
      });
    });
  });
});

/** What becomes of each difference, by its name in doc/differences.md. */
async function differences(copy: string, twin: Twin): Promise<object> {
  const at = async (gateway: string, ...steps: readonly Step[]): Promise<void> => {
    for (const step of steps) await run(step, join(copy, gateway), twin);
  };
  const nodesOf = async (gateway: string): Promise<string[]> => {
    const { stdout } = await runIn(join(copy, gateway), ['git', 'show', 'git-annex:cluster.log']);
    const [, ...nodes] =
      latestLines(stdout)
        .find((line) => line.startsWith('ac'))
        ?.split(' ') ?? [];
    const names: string[] = [];
    for (const name of ['a1', 'a2', 'b1', 'b2']) {
      const uuid = (await runIn(join(copy, name), ['git', 'config', 'annex.uuid'])).stdout.trim();
      if (nodes.includes(uuid)) names.push(name);
    }
    return names;
  };
  // Two gateways that extend each other.
  await at('g1', 'extendcluster g2 c');
  await at('g2', fetchFrom('g1'), 'extendcluster g1 c');
  await at('g1', fetchFrom('g2'), 'updatecluster');
  // By a path there is no proxying: with this URL the other gateway's proxied remotes do not exist, and its nodes stay.
  await at('g1', '$git branch keep git-annex', '$git config remote.g2.url ../g2', 'updatecluster');
  const kept = await nodesOf('g1');
  await at(
    'g1',
    '$git update-ref refs/heads/git-annex keep',
    '$git config remote.g2.url ssh://localhost/x/g2',
  );
  // A node that the other gateway reaches through this one is taken out here.
  await at(
    'g2',
    '$git branch keep git-annex',
    '$git config --unset remote.b1.annex-cluster-node',
    'updatecluster',
  );
  const afterRemoval = (await nodesOf('g2')).filter((name) => name.startsWith('b'));
  await at('g2', '$git update-ref refs/heads/git-annex keep', '$git config remote.b1.annex-cluster-node c');
  // A third gateway.
  await at('g3', fetchFrom('g1'), fetchFrom('g2'), 'extendcluster g1 c', 'extendcluster g2 c');
  for (const _ of [1, 2]) {
    await at('g1', fetchFrom('g3'), 'extendcluster g3 c');
    await at('g3', fetchFrom('g1'), 'updatecluster');
  }
  const { stdout } = await runIn(join(copy, 'g3'), ['git', 'show', 'git-annex:proxy.log']);
  return {
    'cluster-nodes-kept': kept,
    'cluster-node-removal': afterRemoval,
    'proxy-shortest-ways': !/:g\d-g\d-/.test(latestLines(stdout).join(' ')),
  };
}

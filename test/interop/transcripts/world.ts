// The repositories that all conversations with one server share, made by real git-annex: a plain one; a gateway with
// two local nodes, a directory special remote and a node that is gone; and an outer gateway of the same two nodes, which
// reaches yet another with two more behind ssh.
// Everything is keyed by content, and no two conversations have content in common, so that they run side by side.
import { chmod, mkdir, rename, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { cleanEnvironment, type Release, runIn } from '../../support/git-annex.ts';

export interface TranscriptWorld {
  readonly release: Release;
  readonly uuids: ReadonlyMap<string, string>;
  readonly dirs: ReadonlyMap<string, string>;
  /** For runIn: an `ssh` that reaches this machine is first in PATH. */
  readonly env: Readonly<Record<string, string>>;
}

const names = [
  'plain',
  'gateway',
  'gateway2',
  'node1',
  'node2',
  'node3',
  'node4',
  'gone',
  'quiet',
  'outer',
] as const;

// "wide" is a cluster of the outer gateway and the one behind it; "broken" has a node that cannot be reached, "mixed" one that is a special remote.
const clusters = ['near', 'wide', 'broken', 'mixed'] as const;

// The command is the last argument. ssh itself would need a server, keys and a user.
const ssh = '#!/bin/sh\nfor command; do :; done\nexec sh -c "$command"\n';

/** Takes about three seconds. */
export async function makeWorld(dir: string, release: Release): Promise<TranscriptWorld> {
  await mkdir(join(dir, 'bin'));
  await writeFile(join(dir, 'bin/ssh'), ssh);
  await chmod(join(dir, 'bin/ssh'), 0o755);
  const env = { PATH: [join(dir, 'bin'), cleanEnvironment({ release })['PATH']].join(delimiter) };
  const dirs = new Map(['store', 'none', 'git', ...names].map((name) => [name, join(dir, name)]));
  const uuids = new Map(
    names.map((name, index) => [name as string, `10000000-0000-4000-8000-00000000000${index}`]),
  );
  uuids.set('client', '20000000-0000-4000-8000-000000000000');
  uuids.set('stranger', '20000000-0000-4000-8000-000000000001');
  const at = async (name: string, argv: readonly string[]): Promise<string> =>
    (await runIn(join(dir, name), argv, { env })).stdout.trim();
  for (const name of names) await initRepository(name, uuids.get(name) ?? '', at);
  await at('.', ['git', 'init', '--quiet', 'git']);
  await makeGateways(dir, at);
  for (const name of clusters) {
    const gateway = name === 'wide' ? 'outer' : 'gateway';
    uuids.set(name, await at(gateway, ['git', 'config', `annex.cluster.${name}`]));
  }
  uuids.set('special', await at('gateway', ['git', 'config', 'remote.special.annex-uuid']));
  await rename(join(dir, 'gone'), join(dir, 'moved away'));
  return { release, uuids, dirs, env };
}

type At = (name: string, argv: readonly string[]) => Promise<string>;

async function initRepository(name: string, uuid: string, at: At): Promise<void> {
  await at('.', ['git', 'init', '--quiet', name]);
  await at(name, ['git', 'config', 'annex.uuid', uuid]);
  await at(name, ['git-annex', 'init', name]);
}

async function makeGateways(dir: string, at: At): Promise<void> {
  const add = async (gateway: string, name: string, clusters: string): Promise<void> => {
    await at(gateway, ['git', 'remote', 'add', name, `../${name}`]);
    await at(gateway, ['git', 'config', `remote.${name}.annex-cluster-node`, clusters]);
  };
  await add('gateway2', 'node3', 'wide');
  await add('gateway2', 'node4', 'wide');
  await at('gateway2', ['git-annex', 'initcluster', 'wide']);
  await at('gateway2', ['git-annex', 'updatecluster']);
  await at('outer', ['git', 'remote', 'add', 'gateway2', `ssh://localhost${dir}/gateway2`]);
  await at('outer', ['git', 'fetch', '--quiet', 'gateway2']);
  // Looks at the remote and learns its UUID, which extendcluster asks for.
  await at('outer', ['git-annex', 'info', '--fast']);
  await at('outer', ['git-annex', 'extendcluster', 'gateway2', 'wide']);
  await add('outer', 'node1', 'wide');
  await add('outer', 'node2', 'wide');
  await at('outer', ['git-annex', 'updatecluster']);
  await add('gateway', 'node1', 'near broken mixed');
  await add('gateway', 'node2', 'near');
  await add('gateway', 'gone', 'broken');
  await mkdir(join(dir, 'store'));
  const special = ['type=directory', `directory=${dir}/store`, 'encryption=none'];
  await at('gateway', ['git-annex', 'initremote', 'special', ...special]);
  await at('gateway', ['git', 'config', 'remote.special.annex-cluster-node', 'mixed']);
  for (const name of ['near', 'broken', 'mixed']) await at('gateway', ['git-annex', 'initcluster', name]);
  await at('gateway', ['git-annex', 'updatecluster']);
}

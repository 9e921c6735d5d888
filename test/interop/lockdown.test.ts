// annexus.lockdown with stock git-annex and git as clients: what a push may change of a gateway's git-annex branch.
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  annexusProgram,
  releases,
  runIn,
  withTempDir,
  type Ran,
  type Release,
} from '../support/git-annex.ts';
import { makeCluster, type Cluster } from './scenario/cluster.ts';

const key = 'SHA256-s3--2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae';

interface Scene {
  readonly cluster: Cluster;
  /** Runs a command in the client's clone, or in the gateway. */
  readonly client: (command: readonly string[], allow?: readonly number[]) => Promise<Ran>;
  readonly gateway: (command: readonly string[], allow?: readonly number[]) => Promise<Ran>;
}

async function withScene(release: Release, scenario: (scene: Scene) => Promise<void>): Promise<void> {
  await withTempDir(async (dir) => {
    const cluster = await makeCluster({ release, dir, bare: true });
    const laptop = join(dir, 'laptop');
    for (const { name } of cluster.nodes) await cluster.gateway.annex(['describe', name, name]);
    await runIn(dir, ['git', 'clone', '-q', cluster.gateway.dir, laptop], { release });
    await runIn(laptop, ['git', 'annex', 'init', 'laptop'], { release });
    await runIn(dir, ['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', join(dir, 'admin')]);
    const publicKey = await readFile(join(dir, 'admin.pub'), 'utf8');
    await writeFile(join(dir, 'signers'), `admin@example ${publicKey}`);
    const annexus = [process.execPath, annexusProgram];
    await runIn(cluster.gateway.dir, [...annexus, 'lockdown', 'on', '--signers', join(dir, 'signers')]);
    const runner =
      (cwd: string) =>
      async (command: readonly string[], allow: readonly number[] = [0]): Promise<Ran> => {
        const words = command[0] === 'annexus' ? [...annexus, ...command.slice(1)] : command;
        return await runIn(cwd, words, { release, allow });
      };
    await scenario({ cluster, client: runner(laptop), gateway: runner(cluster.gateway.dir) });
  });
}

const pushSynced = ['git', 'push', '-q', 'origin', 'git-annex:synced/git-annex'] as const;

describe.each(releases())('lockdown, with git-annex of the $name release', (release) => {
  test('lets locations pass, refuses what changes the cluster, and takes it when it is signed', async () => {
    await withScene(release, async ({ cluster, client, gateway }) => {
      const [node] = cluster.nodes as [Cluster['nodes'][number]];
      const wanted = async (): Promise<string> =>
        (await gateway(['git', 'annex', 'wanted', node.uuid], [0, 1])).stdout.trim();

      await client(['git', 'annex', 'setpresentkey', key, node.uuid, '1']);
      await client(['git', 'annex', 'group', 'here', 'client']);
      await client(pushSynced);
      await gateway(['annexus', 'whereis', '--key', key]);
      expect((await gateway(['git', 'annex', 'whereis', '--key', key])).stdout).toContain(node.uuid);

      await client(['git', 'annex', 'wanted', node.uuid, 'nothing']);
      for (const push of [pushSynced, ['git', 'push', '-q', 'origin', 'git-annex']]) {
        const refused = await client(push, [1]);
        expect(refused.stderr).toContain('annexus.lockdown guards the cluster');
        expect(refused.stderr).toContain(`preferred-content.log of ${node.uuid}`);
      }
      await client(['git', 'annex', 'sync', '--no-content'], [0, 1]);
      expect(await wanted()).toBe('');

      await client(['git', 'config', 'user.signingkey', join(cluster.dir, 'admin')]);
      await client(['annexus', 'lockdown', 'sign']);
      await client(pushSynced);
      await gateway(['annexus', 'whereis', '--key', key]);
      expect(await wanted()).toBe('nothing');
      // What was signed once is no longer a change, whoever pushes on top of it.
      await client(['git', 'annex', 'setpresentkey', key, node.uuid, '0']);
      await client(['git', 'annex', 'merge']);
      await client(pushSynced);
    });
  }, 60_000);

  test('refuses a key that is not allowed, rewinding and deleting the branch, and merges of what was fetched', async () => {
    await withScene(release, async ({ cluster, client, gateway }) => {
      const [node] = cluster.nodes as [Cluster['nodes'][number]];
      await client(['git', 'annex', 'dead', node.uuid]);
      const other = join(cluster.dir, 'other');
      await runIn(cluster.dir, ['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', other]);
      await client(['git', 'config', 'user.signingkey', other]);
      await client(['annexus', 'lockdown', 'sign']);
      expect((await client(pushSynced, [1])).stderr).toContain(`trust.log of ${node.uuid}`);

      expect((await client(['git', 'push', '-q', 'origin', ':git-annex'], [1])).stderr).toContain(
        'be deleted',
      );
      const empty = (await client(['git', 'commit-tree', '-m', 'x', 'git-annex^{tree}'])).stdout.trim();
      const rewind = ['git', 'push', '-q', '-f', 'origin', `${empty}:refs/heads/git-annex`];
      expect((await client(rewind, [1])).stderr).toContain('be rewound');

      const laptop = join(cluster.dir, 'laptop');
      await gateway(['git', 'fetch', '-q', laptop, '+git-annex:refs/remotes/laptop/git-annex']);
      const seen = await gateway(['annexus', 'whereis', '--key', key], [0, 1]);
      expect(seen.stderr).toContain('laptop/git-annex is not merged: annexus.lockdown guards');
      expect((await gateway(['git', 'show', 'git-annex:trust.log'], [0, 128])).stdout).not.toContain(
        node.uuid,
      );
      await gateway(['annexus', 'lockdown', 'off']);
      await gateway(['annexus', 'whereis', '--key', key], [0, 1]);
      expect((await gateway(['git', 'show', 'git-annex:trust.log'])).stdout).toContain(node.uuid);
      await client(pushSynced);
    });
  }, 60_000);

  test('refuses lines that go missing, other lines of the same time, and objects that stand for others', async () => {
    await withScene(release, async ({ cluster, client, gateway }) => {
      const log = async (): Promise<string> =>
        (await gateway(['git', 'show', 'git-annex:cluster.log'])).stdout;
      const before = await log();
      const [line = ''] = before.split('\n');
      const [clock = '', uuid = ''] = line.split(' ');
      /** A commit on top of the branch, where cluster.log has this content. */
      const forged = async (content: string): Promise<string> => {
        await writeFile(join(cluster.dir, 'forged'), content);
        const index = `GIT_INDEX_FILE='${join(cluster.dir, 'forged.index')}'; export GIT_INDEX_FILE`;
        const script = `${index}; blob=$(git hash-object -w '${join(cluster.dir, 'forged')}') && git read-tree git-annex &&
          git update-index --cacheinfo "100644,$blob,cluster.log" &&
          git commit-tree -p git-annex -m forged "$(git write-tree)"`;
        return (await client(['sh', '-c', script])).stdout.trim();
      };
      await client(['git', 'fetch', '-q', 'origin']);
      await client(['git', 'annex', 'merge']);
      const emptied = await forged('');
      const tied = await forged(`${line}\n${clock} ${uuid} \n`);
      for (const commit of [emptied, tied]) {
        const pushed = await client(
          ['git', 'push', '-q', 'origin', `${commit}:refs/heads/synced/git-annex`],
          [0, 1],
        );
        await gateway(['git', 'annex', 'merge']);
        expect(pushed.stderr).toContain(`cluster.log of ${uuid}`);
        expect(await log()).toBe(before);
      }
      const real = (await gateway(['git', 'rev-parse', 'git-annex:cluster.log'])).stdout.trim();
      const other = (await client(['git', 'rev-parse', `${emptied}:cluster.log`])).stdout.trim();
      const replacing = await client(
        ['git', 'push', '-q', 'origin', `${other}:refs/replace/${real}`],
        [0, 1],
      );
      expect(await log()).toBe(before);
      expect(replacing.stderr).toContain('does not let objects be replaced');
    });
  }, 60_000);
});

test('the hook is where git looks for it', async () => {
  await withTempDir(async (dir) => {
    await runIn(dir, ['git', 'init', '-q', '--bare', '.']);
    await runIn(dir, ['git', 'config', 'core.hooksPath', join(dir, 'elsewhere')]);
    await runIn(dir, [process.execPath, annexusProgram, 'lockdown', 'on']);
    expect(await readFile(join(dir, 'elsewhere/pre-receive'), 'utf8')).toContain('# annexus lockdown');
    await runIn(dir, [process.execPath, annexusProgram, 'lockdown', 'off']);
    await expect(readFile(join(dir, 'elsewhere/pre-receive'))).rejects.toThrow('ENOENT');
  });
});

test('a hook that is somebody’s own stays, and lockdown says what to do', async () => {
  await withTempDir(async (dir) => {
    const annexus = [process.execPath, annexusProgram];
    await runIn(dir, ['git', 'init', '-q', '--bare', '.']);
    await mkdir(join(dir, 'hooks'), { recursive: true });
    await writeFile(join(dir, 'hooks/pre-receive'), '#!/bin/sh\nexit 0\n');
    await chmod(join(dir, 'hooks/pre-receive'), 0o755);
    const refused = await runIn(dir, [...annexus, 'lockdown', 'on'], { allow: [1] });
    expect(refused.stderr).toMatch(/pre-receive is there already: have it run .*'pre-receive'/);
    expect((await runIn(dir, [...annexus, 'lockdown'])).stdout).toBe('lockdown is off\n');
    await writeFile(join(dir, 'hooks/pre-receive'), '#!/bin/sh\nexit 0\n# annexus lockdown\n');
    expect((await runIn(dir, [...annexus, 'lockdown', 'on'])).stdout).toBe(
      'lockdown is on, and nobody may sign\n',
    );
  });
});

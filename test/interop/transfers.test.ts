// Transfer files: what Annexus transfers is told by real `git annex info` in each repository that takes part, and what
// real git-annex transfers makes a gateway choose other nodes, while it runs.
import { createHash, randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/node/clock.ts';
import { RunningTransfers } from '../../src/node/repository/running-transfers.ts';
import type { UUID } from '../../src/types/uuid.ts';
import { releases, startIn, withTempDir, type Release } from '../support/git-annex.ts';
import { gitDirOf, makeCluster, type Cluster, type Repository } from './scenario/cluster.ts';
import { startServer, type Server } from './scenario/server.ts';
import { latestRelease } from './scenario/world.ts';

const client = '11111111-2222-4333-8444-555555555555';

interface Scene {
  readonly cluster: Cluster;
  readonly server: Server;
}

async function withScene(release: Release, scenario: (scene: Scene) => Promise<void>): Promise<void> {
  await withTempDir(async (dir) => {
    const cluster = await makeCluster({ release, dir, bare: true });
    // Two nodes to choose between.
    await cluster.gateway.git(['config', 'remote.node3.annex-cost', '1000']);
    await using server = await startServer({
      kind: 'annexus',
      release,
      repositoryDir: cluster.gateway.dir,
    });
    await scenario({ cluster, server });
  });
}

interface Sample {
  readonly key: string;
  readonly content: Buffer;
}

function sample(): Sample {
  const content = randomBytes(12_000_000);
  const hash = createHash('sha256').update(content).digest('hex');
  return { key: `SHA256-s${content.length}--${hash}`, content };
}

/** In the middle of it, `meanwhile` is waited for. */
async function put(
  { server }: Scene,
  to: string,
  { key, content }: Sample,
  meanwhile?: () => Promise<void>,
): Promise<void> {
  async function* body(): AsyncGenerator<Uint8Array> {
    yield content.subarray(0, 1_000_000);
    await meanwhile?.();
    yield content.subarray(1_000_000);
  }
  const sent: RequestInit & { readonly duplex: 'half' } = {
    method: 'POST',
    headers: { 'X-git-annex-data-length': `${content.length}` },
    body: body(),
    duplex: 'half',
  };
  const answer = await fetch(`${server.url}${to}/v4/put?key=${key}&clientuuid=${client}`, sent);
  expect(await answer.json()).toMatchObject({ stored: true });
}

/** Reads a little, waits for `meanwhile`, and reads the rest. */
async function get(
  { server }: Scene,
  from: string,
  { key, content }: Sample,
  meanwhile: () => Promise<void>,
): Promise<void> {
  const answer = await fetch(`${server.url}${from}/v4/key/${key}?clientuuid=${client}`);
  const parts: Uint8Array[] = [];
  for await (const part of answer.body as unknown as AsyncIterable<Uint8Array>) {
    if (parts.length === 0) await meanwhile();
    parts.push(part);
  }
  expect(Buffer.concat(parts).equals(content)).toBe(true);
}

interface Told {
  readonly transfer: string;
  readonly key: string;
  readonly remote?: string;
}

async function told(repository: Repository): Promise<readonly Told[]> {
  const { stdout } = await repository.annex(['info', '--fast', '--json']);
  return (JSON.parse(stdout) as { readonly 'transfers in progress': readonly Told[] })[
    'transfers in progress'
  ];
}

async function until<T>(look: () => Promise<T | undefined>, what: string): Promise<T> {
  const giveUpMs = performance.now() + 20_000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > giveUpMs) throw new Error(`${what} did not come`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The transfers that git-annex tells of, once there are any. */
async function untilTold(repository: Repository): Promise<readonly Told[]> {
  return await until(async () => {
    const transfers = await told(repository);
    return transfers.length === 0 ? undefined : transfers;
  }, `a transfer in ${repository.name}`);
}

/** Files of transfers of a direction with a repository. */
async function files(repository: Repository, direction: string, uuid: string): Promise<readonly string[]> {
  const directory = join(gitDirOf(repository), 'annex/transfer', direction, uuid);
  return await readdir(directory).catch(() => []);
}

describe.each(releases())('transfers, beside git-annex of the $name release', (release) => {
  test('git annex info tells of what Annexus transfers', async () => {
    await withScene(release, async (scene) => {
      const { gateway, nodes, uuid } = scene.cluster;
      const [node] = nodes as [Repository];
      const shared = sample();
      await put(scene, uuid, shared, async () => {
        const expected = { transfer: 'download', key: shared.key, remote: gateway.uuid };
        expect(await untilTold(node)).toMatchObject([expected]);
        expect(await told(gateway)).toEqual([]);
      });
      await get(scene, node.uuid, shared, async () => {
        expect(await untilTold(node)).toMatchObject([{ transfer: 'upload', key: shared.key }]);
        expect(await files(node, 'upload', gateway.uuid)).toContain(shared.key);
      });
      const own = sample();
      await put(scene, gateway.uuid, own);
      await get(scene, gateway.uuid, own, async () => {
        expect(await untilTold(gateway)).toMatchObject([{ transfer: 'upload', key: own.key }]);
        expect(await files(gateway, 'upload', client)).toContain(own.key);
      });
      for (const repository of [gateway, ...nodes]) {
        for (const other of [client, gateway.uuid, 'lck'])
          for (const direction of ['upload', 'download'])
            expect(await files(repository, direction, other)).toEqual([]);
      }
    });
  }, 60_000);
});

// The files are the same in both releases.
describe('transfers of git-annex', () => {
  const release = latestRelease();

  test('a node that git-annex is busy with is asked after the others', async () => {
    await withScene(release, async (scene) => {
      const { gateway, nodes, uuid } = scene.cluster;
      const [busy, idle] = nodes as [Repository, Repository];
      const [wanted, other] = [sample(), sample()];
      await put(scene, uuid, wanted);
      await put(scene, busy.uuid, other);
      await gateway.git(['config', `remote.${busy.name}.annex-bwlimit`, '200KB']);
      const annexDirectory = join(gitDirOf(gateway), 'annex');
      const transfers = new RunningTransfers({ annexDirectory, clock: systemClock });
      const running = async (): Promise<number> => {
        await transfers.look([busy.uuid as UUID]);
        return transfers.count(busy.uuid as UUID);
      };
      {
        await using slow = startIn(
          gateway.dir,
          ['git-annex', 'get', '--from', busy.name, '--key', other.key],
          { release },
        );
        await until(async () => ((await running()) === 1 ? true : undefined), 'the transfer of git-annex');
        for (let round = 0; round < 3; round++) {
          await get(scene, uuid, wanted, async () => {
            const shown = async (node: Repository): Promise<boolean> =>
              (await files(node, 'upload', gateway.uuid)).includes(wanted.key);
            const asked = await until(async () => {
              for (const node of [busy, idle]) if (await shown(node)) return node.name;
              return undefined;
            }, 'the download');
            expect(asked).toBe(idle.name);
          });
        }
        process.kill(-(slow.child.pid ?? 0), 'SIGKILL');
        await slow.ended;
      }
      expect(await files(gateway, 'download', busy.uuid)).toContain(other.key);
      await until(async () => ((await running()) === 0 ? true : undefined), 'the end of the transfer');
    });
  }, 60_000);
});

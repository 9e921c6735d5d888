// One scenario's world: a fresh cluster by real git-annex, the server under test on its gateway, and a stock client's
// clone. Everything is in one temporary directory and ends with the scenario. What the server wrote on standard error
// is added to a failure, since the client only sees a status.
import { join } from 'node:path';
import { type Release, releases, withTempDir } from '../../support/git-annex.ts';
import { cloneOf, type Cluster, makeCluster, type Repository } from './cluster.ts';
import { type Server, serverKind, startServer } from './server.ts';

export interface World {
  readonly dir: string;
  readonly cluster: Cluster;
  readonly server: Server;
  readonly client: Repository;
}

export interface WorldOptions {
  /** Whose git-annex the client runs. */
  readonly client: Release;
  /** Whose git-annex made the gateway and the nodes; the client's unless told. */
  readonly maker?: Release;
  readonly bare: boolean;
}

/** Makes a world, runs the scenario in it, and takes it away again. */
export async function withWorld<T>(
  options: WorldOptions,
  scenario: (world: World) => Promise<T>,
): Promise<T> {
  return await withTempDir(async (dir) => {
    const cluster = await makeCluster({ release: options.maker ?? options.client, dir, bare: options.bare });
    await using server = await startServer({
      kind: serverKind,
      release: latestRelease(),
      repositoryDir: cluster.gateway.dir,
    });
    const client = await cloneOf({ cluster, server, release: options.client, dir: join(dir, 'laptop') });
    try {
      return await scenario({ dir, cluster, server, client });
    } catch (error) {
      throw withServerLog(error, server);
    }
  });
}

/** The release that serves where git-annex is the server: the stable one's workers hang after refused locks. */
export function latestRelease(): Release {
  const latest = releases().find(({ name }) => name === 'latest');
  if (latest === undefined) throw new Error('the latest release of git-annex is missing');
  return latest;
}

// An assertion's error keeps its diff; only its message grows.
function withServerLog(error: unknown, server: Server): unknown {
  const log = server.stderr().trim().slice(-4000);
  if (error instanceof Error && log !== '') error.message += `\n--- ${server.kind} on standard error\n${log}`;
  return error;
}

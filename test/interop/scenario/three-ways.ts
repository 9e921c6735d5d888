// A gateway with a node on this disk, one over real ssh to real git-annex-shell, and one over annex+http, with every door
// open: HTTP and the shell's socket in one process, P2P addresses in another, and ssh to `annexus shell`.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  annexusProgram,
  cleanEnvironment,
  type Release,
  type Running,
  startIn,
  withTempDir,
} from '../../support/git-annex.ts';
import { annexShellOf, type SshServer, startSshServer } from '../../support/ssh-server.ts';
import { type Cluster, initRepository, type Repository } from './cluster.ts';
import { makeFarCluster } from './far-nodes.ts';
import { type Server, startServer } from './server.ts';

export const nodeNames = ['local', 'ssh', 'http'] as const;
export type NodeName = (typeof nodeNames)[number];

export interface ThreeWays {
  /** As `cloneOf` takes it. */
  readonly cluster: Cluster;
  readonly nodes: Readonly<Record<NodeName, Repository>>;
  readonly server: Server;
  /** Serves the node that is reached over HTTP. */
  readonly httpNode: Server;
  /** `annexus remotedaemon`, and the port of the loopback address where it listens. */
  readonly daemon: { readonly pid: number; readonly port: number; readonly token: string };
  readonly shellSocket: string;
  readonly sshd: SshServer;
  /** The command line of a real ssh that runs `annexus shell p2pstdio` for what has this UUID. */
  readonly sshArgv: (uuid: string) => readonly string[];
}

export interface ThreeWaysOptions {
  readonly release: Release;
  /** ANNEXUS_TEST_LIMITS of every process of Annexus. */
  readonly limits: string;
}

export async function withThreeWays(
  { release, limits }: ThreeWaysOptions,
  scenario: (world: ThreeWays) => Promise<void>,
): Promise<void> {
  await withTempDir(async (dir) => {
    const make = async (name: string): Promise<Repository> =>
      await initRepository({ release, dir: join(dir, name), bare: true, name });
    const [gateway, local, ssh, http] = (await Promise.all(['gw', ...nodeNames].map(make))) as [
      Repository,
      Repository,
      Repository,
      Repository,
    ];
    await mkdir(join(dir, 'sshd'));
    await using sshd = await startSshServer(join(dir, 'sshd'));
    const env = { ANNEXUS_TEST_LIMITS: limits };
    await using httpServer = await startServer({ kind: 'annexus', release, repositoryDir: http.dir, env });
    const links = {
      local: { repository: local, url: '../local' },
      ssh: {
        repository: ssh,
        url: `ssh://${sshd.destination}:${sshd.port}${ssh.dir}`,
        settings: { 'annex-ssh-options': sshd.options.join(' '), 'annex-shell': annexShellOf(release) },
      },
      http: { repository: http, url: http.dir, settings: { annexUrl: httpServer.annexUrl } },
    };
    const uuid = await makeFarCluster(gateway, links, { name: 'mycluster', release });
    const token = '0123456789abcdef'.repeat(4);
    await mkdir(join(gateway.dir, 'annex/creds'), { recursive: true });
    await writeFile(join(gateway.dir, 'annex/creds/p2pauth'), `${token}\n`);
    await using server = await startServer({ kind: 'annexus', release, repositoryDir: gateway.dir, env });
    const command = [process.execPath, annexusProgram, 'remotedaemon', '--port', '0'];
    await using daemon = startIn(gateway.dir, command, { release, env });
    await scenario({
      cluster: { dir, name: 'mycluster', uuid, gateway, nodes: [local, ssh, http] },
      nodes: { local, ssh, http },
      server,
      httpNode: httpServer,
      daemon: { pid: daemon.child.pid ?? 0, port: await portOf(daemon), token },
      shellSocket: join(gateway.dir, 'annex/annexus/shell.sock'),
      sshd,
      sshArgv: (wanted) => sshToShell(sshd, { directory: gateway.dir, wanted, release }),
    });
  });
}

/** Whose client a client by hand says it is. */
export const clientUUID = '11111111-2222-4333-8444-555555555555';

async function portOf(daemon: Running): Promise<number> {
  const [, port] = await daemon.shows(/listening on 127\.0\.0\.1:(\d+)/);
  return Number(port);
}

function sshToShell(
  { destination, port, options }: SshServer,
  call: { readonly directory: string; readonly wanted: string; readonly release: Release },
): readonly string[] {
  const { directory, wanted, release } = call;
  // A running gateway serves only who has its home.
  const { PATH = '', HOME = '' } = cleanEnvironment({ release });
  const words = [
    process.execPath,
    annexusProgram,
    'shell',
    'p2pstdio',
    directory,
    clientUUID,
    '--uuid',
    wanted,
  ];
  const remote = ['env', '-i', `PATH='${PATH}'`, `HOME='${HOME}'`, ...words.map((word) => `'${word}'`)];
  return ['ssh', ...options, '-p', `${port}`, destination, remote.join(' ')];
}

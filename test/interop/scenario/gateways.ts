// Gateways of one cluster, each on a host of its own with two nodes, and a stock client on another host. The first is ours
// and serves git over HTTP as well, the second ours with its git side over ssh, the last one real git-annex; what one knows
// of another is what an administrator tells it. Nodes are behind ssh on their gateway's host, and write down what they are told.
import { mkdir, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { annexusProgram, cleanEnvironment, runIn, startIn, type Release } from '../../support/git-annex.ts';
import { makeNetwork, type Host, type Network } from '../../support/network.ts';
import { makeKey, startSshd, type Sshd } from '../../support/sshd.ts';
import { annexShellOf } from '../../support/ssh-server.ts';
import { initRepository, type Repository } from './cluster.ts';
import { recordingShell, type RecordingShell } from './recorded-shell.ts';

export type GatewayName = 'up' | 'p2phttp' | 'real';
type HostName = GatewayName | 'client';

export interface GatewaySide {
  readonly name: GatewayName;
  readonly repository: Repository;
  readonly nodes: readonly Repository[];
  /** What its server printed on standard error. */
  readonly log: () => string;
}

export interface Gateways extends AsyncDisposable {
  readonly network: Network<HostName>;
  readonly sides: readonly GatewaySide[];
  /** A clone with a remote for each gateway, whose clusters are NAME-c. Its commands run on a host of their own. */
  readonly client: Repository;
  readonly recorded: RecordingShell;
}

export interface GatewaysOptions {
  /** An existing empty directory whose name no shell splits. */
  readonly dir: string;
  readonly names: readonly GatewayName[];
  readonly release: Release;
  /** For the ssh of our gateways; that of git-annex, which has no limits of its own, always has some. */
  readonly sshOptions?: string;
}

/** Makes and starts all of it; `await using` ends it, also where something failed on the way. */
export async function startGateways(options: GatewaysOptions): Promise<Gateways> {
  const { dir, names } = options;
  const network = await makeNetwork([...names, 'client']);
  const started: AsyncDisposable[] = [network];
  const dispose = async (): Promise<void> => {
    for (const one of started.splice(0).reverse()) await one[Symbol.asyncDispose]();
  };
  try {
    await mkdir(join(dir, 'told'));
    const recorded = await recordingShell(join(dir, 'told'));
    const ssh = await writeSshClient(dir);
    const world: World = { ...options, network, recorded, ssh, started };
    const made = await Promise.all(names.map(async (name) => await makeSide(name, world)));
    await joinSides(made, world);
    const sides = await Promise.all(made.map(async (side) => await serve(side, world)));
    const client = await makeClient(made, world);
    return { network, sides, client, recorded, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

interface World extends GatewaysOptions {
  readonly network: Network<HostName>;
  readonly recorded: RecordingShell;
  readonly ssh: SshClient;
  /** Ended in the reverse order. */
  readonly started: AsyncDisposable[];
}

interface SshClient {
  readonly publicKey: string;
  /** Words for ssh. */
  readonly options: string;
}

async function writeSshClient(dir: string): Promise<SshClient> {
  const publicKey = await makeKey(dir, 'user');
  const lines = [
    `IdentityFile ${join(dir, 'user')}`,
    'IdentitiesOnly yes',
    'BatchMode yes',
    'StrictHostKeyChecking no',
    'UserKnownHostsFile /dev/null',
    'LogLevel ERROR',
  ];
  await writeFile(join(dir, 'ssh_config'), `${lines.join('\n')}\n`);
  return { publicKey, options: `-F ${join(dir, 'ssh_config')}` };
}

type MadeSide = Omit<GatewaySide, 'log'> & { readonly host: Host; readonly sshd: Sshd };

async function makeSide(name: GatewayName, world: World): Promise<MadeSide> {
  const { release, network, ssh } = world;
  const dir = join(world.dir, name);
  const host = network.hosts[name];
  await mkdir(dir);
  const environment = cleanEnvironment({ release });
  const sshd = await startSshd({
    dir: join(dir, 'sshd'),
    host,
    authorizedKeys: [ssh.publicKey],
    environment: Object.fromEntries(
      sessionVariables.map((variable) => [variable, environment[variable] ?? '']),
    ),
  });
  world.started.push({ [Symbol.asyncDispose]: async () => await sshd.kill() });
  const [repository, ...nodes] = await Promise.all(
    ['gateway', 'node1', 'node2'].map(async (own) => {
      const made = await initRepository({ release, dir: join(dir, own), bare: true, name: `${name}-${own}` });
      const { sshOptions = name === 'real' ? quickLimits : '' } = world;
      await configure(made, {
        'annex.security.allowed-ip-addresses': 'all',
        'annex.ssh-options': `${ssh.options} ${sshOptions}`,
        'core.sshCommand': `ssh ${ssh.options}`,
      });
      return made;
    }),
  );
  if (repository === undefined) throw new Error('no repository was made');
  const side: MadeSide = { name, repository, nodes, host, sshd };
  for (const node of nodes) {
    await addRemote(repository, node.name, {
      url: sshUrl(side, node),
      'annex-uuid': node.uuid,
      'annex-shell': world.recorded.words(node.name, annexShellOf(release)),
      'annex-cluster-node': 'c',
    });
  }
  return side;
}

/** As administrators do it: initcluster at the first, and extendcluster at each for each other. */
async function joinSides(sides: readonly MadeSide[], world: World): Promise<void> {
  const [first] = sides;
  if (first === undefined) return;
  await command(first, ['initcluster', 'c'], world);
  await command(first, ['updatecluster'], world);
  const clusterUUID = (await first.repository.git(['config', 'annex.cluster.c'])).stdout.trim();
  for (const side of sides) {
    for (const other of sides) {
      if (other !== side) await addRemote(side.repository, other.name, remoteSettings(side, other, world));
    }
  }
  await Promise.all(
    sides.map(async (side) => (side === first ? undefined : await extend(side, [first], world))),
  );
  for (const side of sides)
    await extend(
      side,
      sides.filter((other) => other !== side),
      world,
    );
  for (const { repository, name } of sides) {
    const known = (await repository.git(['config', 'annex.cluster.c'])).stdout.trim();
    if (known !== clusterUUID) throw new Error(`${name} has another cluster: ${known}`);
  }
}

async function extend(side: MadeSide, others: readonly MadeSide[], world: World): Promise<void> {
  for (const { name, repository } of others) {
    const ref = `+git-annex:refs/remotes/${name}/git-annex`;
    await side.repository.git(['fetch', '-q', repository.dir, ref]);
  }
  for (const { name } of others) await command(side, ['extendcluster', name, 'c'], world);
  await command(side, ['updatecluster'], world);
}

/** Each with its gateway's own program. */
async function command(side: MadeSide, words: readonly string[], { release }: World): Promise<void> {
  const program = side.name === 'real' ? ['git-annex'] : [process.execPath, annexusProgram];
  await runIn(side.repository.dir, side.host.on([...program, ...words]), { release });
}

/** What the administrator of one gateway sets for another. */
function remoteSettings(side: MadeSide, other: MadeSide, { recorded, release }: World): Settings {
  const uuid = { 'annex-uuid': other.repository.uuid };
  if (other.name === 'up' && side.name !== 'real') {
    const url = `http://${other.host.address}:${httpPort}/gateway.git`;
    return { ...uuid, url, annexUrl: annexUrl(other) };
  }
  const url = sshUrl(other, other.repository);
  if (other.name === 'p2phttp' && side.name === 'up') return { ...uuid, url, annexUrl: annexUrl(other) };
  const real = annexShellOf(release);
  const shell =
    other.name === 'real'
      ? real
      : real.replace(/git-annex-shell$/, `'${process.execPath}' '${annexusProgram}' shell`);
  return { ...uuid, url, 'annex-shell': recorded.words(`${side.name}-${other.name}`, shell) };
}

async function serve(side: MadeSide, { release, started }: World): Promise<GatewaySide> {
  const { name, repository, nodes, host } = side;
  const where = ['--wideopen', '--bind', host.address, '--port', String(httpPort)];
  const argv = {
    up: [process.execPath, annexusProgram, 'up', ...where, '--debug', '.'],
    p2phttp: [process.execPath, annexusProgram, 'p2phttp', ...where, '--debug'],
    real: ['git-annex', 'p2phttp', ...where, '-J8', '--clusterjobs=3', '--proxyconnections=8'],
  }[name];
  const running = startIn(repository.dir, host.on(argv), { release });
  // What it started goes on after it, and holds its output open: connections of ssh that are shared.
  started.push({
    [Symbol.asyncDispose]: async () => {
      await host.kill();
      await running[Symbol.asyncDispose]();
    },
  });
  const listens = `until (: </dev/tcp/${host.address}/${httpPort}) 2>/dev/null; do sleep 0.05; done`;
  await runIn('/', host.on(['bash', '-c', listens]), { timeoutMs: 20_000 }).catch((error: unknown) => {
    throw new Error(`${name} does not listen: ${running.stderr()}`, { cause: error });
  });
  return { name, repository, nodes, log: running.stderr };
}

async function makeClient(sides: readonly MadeSide[], world: World): Promise<Repository> {
  const { release, network, ssh } = world;
  const dir = join(world.dir, 'laptop');
  const made = await initRepository({ release, dir, bare: false, name: 'laptop' });
  await configure(made, {
    'annex.security.allowed-ip-addresses': 'all',
    'annex.ssh-options': ssh.options,
    'core.sshCommand': `ssh ${ssh.options}`,
    // Each transfer is asked for once.
    'annex.forward-retry': '0',
  });
  const run =
    (program: string): Repository['git'] =>
    async (args, more) =>
      await runIn(dir, network.hosts.client.on([program, ...args]), { release, ...more });
  const client = { ...made, git: run('git'), annex: run('git-annex') };
  for (const side of sides) {
    const url =
      side.name === 'up'
        ? `http://${side.host.address}:${httpPort}/gateway.git`
        : sshUrl(side, side.repository);
    await addRemote(client, side.name, { url, 'annex-uuid': side.repository.uuid, annexUrl: annexUrl(side) });
    await client.git(['fetch', '-q', side.name, `+git-annex:refs/remotes/${side.name}/git-annex`]);
  }
  return client;
}

type Settings = Readonly<Record<string, string>>;

async function addRemote(
  repository: Repository,
  name: string,
  { url = '', ...settings }: Settings,
): Promise<void> {
  await repository.git(['remote', 'add', name, url]);
  for (const [key, value] of Object.entries(settings))
    await repository.git(['config', `remote.${name}.${key}`, value]);
}

async function configure(repository: Repository, settings: Settings): Promise<void> {
  for (const [key, value] of Object.entries(settings)) await repository.git(['config', key, value]);
}

function annexUrl({ host }: MadeSide): string {
  return `annex+http://${host.address}:${httpPort}/git-annex/`;
}

function sshUrl({ host, sshd }: MadeSide, repository: Repository): string {
  return `ssh://${userInfo().username}@${host.address}:${sshd.port}${repository.dir}`;
}

/** What an administrator sets who wants a host that is away to be noticed within seconds. */
export const quickLimits = '-o ConnectTimeout=3 -o ServerAliveInterval=1 -o ServerAliveCountMax=3';
const httpPort = 8080;
const sessionVariables = ['PATH', 'HOME', 'GIT_CONFIG_GLOBAL', 'GIT_CONFIG_NOSYSTEM'];

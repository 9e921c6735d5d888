// A network of its own for tests: a namespace for each host, and one that routes between them (ip-netns(8)). Nothing of it
// is to be seen outside. A link that is cut loses packets without a word, as a real one does: no reset, no ICMP.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { runIn } from './git-annex.ts';

export interface Host {
  readonly name: string;
  /** IPv4. Hosts reach each other and themselves by it. */
  readonly address: string;
  /** The command line that runs this one on the host. */
  on(argv: readonly string[]): readonly string[];
  /** SIGKILL for all that runs there. */
  kill(): Promise<void>;
}

export interface Network<Name extends string> extends AsyncDisposable {
  readonly hosts: Readonly<Record<Name, Host>>;
  /** From now on packets between the two are lost, both ways. */
  cut(left: Name, right: Name): Promise<void>;
  /** Ends all cuts. */
  restore(): Promise<void>;
}

/** Why there can be no such network here; undefined where there can. */
export function whyNoNetwork(): string | undefined {
  const name = `annexus-${randomBytes(4).toString('hex')}`;
  try {
    execFileSync('ip', ['netns', 'add', name], { stdio: 'pipe' });
    execFileSync('ip', ['netns', 'delete', name], { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return `no network namespace can be made, which takes root and iproute2: ${String(error)}`;
  }
}

/** Makes it; `await using` takes it away, with all that runs on its hosts. */
export async function makeNetwork<const Name extends string>(names: readonly Name[]): Promise<Network<Name>> {
  const id = `annexus-${randomBytes(4).toString('hex')}`;
  const router = `${id}-router`;
  const hosts = names.map((name, index): Host => {
    const on: Host['on'] = (argv) => ['ip', 'netns', 'exec', `${id}-${name}`, ...argv];
    return { name, address: `10.213.${index}.2`, on, kill: async () => await killIn(`${id}-${name}`) };
  });
  const namespaces = [router, ...names.map((name) => `${id}-${name}`)];
  const dispose = async (): Promise<void> => {
    for (const namespace of namespaces) {
      await killIn(namespace);
      await ip([`netns delete ${namespace}`], 'any');
    }
  };
  try {
    await ip(namespaces.flatMap((name) => [`netns add ${name}`]));
    await ip(hosts.flatMap(({ name }, index) => linkOf(router, { namespace: `${id}-${name}`, index })));
    for (const [index, { name }] of hosts.entries()) {
      await ip(hostSide(index), [0], `${id}-${name}`);
      await ip(routerSide(index), [0], router);
    }
    const forward = 'echo 1 >/proc/sys/net/ipv4/ip_forward';
    await runIn('/', ['ip', 'netns', 'exec', router, 'sh', '-c', forward]);
  } catch (error) {
    await dispose();
    throw error;
  }
  const byName = Object.fromEntries(hosts.map((host) => [host.name, host])) as Record<Name, Host>;
  return {
    hosts: byName,
    async cut(left, right) {
      const [one, other] = [byName[left].address, byName[right].address];
      const rules = [`from ${one} to ${other}`, `from ${other} to ${one}`];
      await ip(
        rules.map((rule) => `rule add ${rule} priority ${cutPriority} blackhole`),
        [0],
        router,
      );
    },
    async restore() {
      const { stdout } = await runIn('/', ['ip', '-n', router, 'rule', 'list']);
      const cuts = stdout.split('\n').filter((line) => line.startsWith(`${cutPriority}:`));
      await ip(
        cuts.map(() => `rule delete priority ${cutPriority}`),
        [0],
        router,
      );
    },
    [Symbol.asyncDispose]: dispose,
  };
}

async function killIn(namespace: string): Promise<void> {
  const { stdout } = await runIn('/', ['ip', 'netns', 'pids', namespace], { allow: 'any' });
  for (const pid of stdout.split('\n').filter((line) => /^\d+$/.test(line))) {
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It ended meanwhile.
    }
  }
}

function linkOf(router: string, host: { readonly namespace: string; readonly index: number }): string[] {
  const { namespace, index } = host;
  return [`link add to${index} netns ${router} type veth peer name eth0 netns ${namespace}`];
}

function hostSide(index: number): string[] {
  return [
    'link set lo up',
    `address add 10.213.${index}.2/30 dev eth0`,
    'link set eth0 up',
    `route add default via 10.213.${index}.1`,
  ];
}

function routerSide(index: number): string[] {
  return [`address add 10.213.${index}.1/30 dev to${index}`, `link set to${index} up`];
}

/** Runs commands of ip, in a namespace where one is given. */
async function ip(
  commands: readonly string[],
  allow: readonly number[] | 'any' = [0],
  namespace?: string,
): Promise<void> {
  const where = namespace === undefined ? [] : ['-n', namespace];
  await runIn('/', ['ip', ...where, '-batch', '-'], { input: `${commands.join('\n')}\n`, allow });
}

const cutPriority = 100;

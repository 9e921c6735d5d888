// Peers served by real `git annex remotedaemon`: over a network whose program relays to unix sockets, and as over tor, by
// a SOCKS proxy. The token is the one that `git annex p2p --link` stored. The stable release knows no networks but tor.
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/node/clock.ts';
import { parseP2PAddress, type P2PAddress } from '../../src/node/transport/p2p-address.ts';
import { openP2PAddressRemote } from '../../src/node/transport/p2p-address-remote.ts';
import type { P2PRemote } from '../../src/p2p/p2p-remote.ts';
import {
  isCapable,
  patterned,
  runCheck,
  type Check,
  type ConformanceSubject,
} from '../../src/remote/conformance/check.ts';
import { conformanceChecks } from '../../src/remote/conformance/checks.ts';
import { parseUUID, type UUID } from '../../src/types/uuid.ts';
import { contextOf, hashKey, makeDigest, unverifiableKey } from '../support/gateway-bench.ts';
import {
  cleanEnvironment,
  releases,
  removeTree,
  runIn,
  startIn,
  type Running,
} from '../support/git-annex.ts';
import { addressWithToken, makeP2PNetwork, pathTo, untilServed } from '../support/p2p-network.ts';
import { startSocksServer, type SocksServer } from '../support/socks-server.ts';

const ownUUID = '22222222-2222-4222-8222-222222222222' as UUID;
const release = releases()[1]!;
const address = parseP2PAddress('p2p-annex::sockets:peer+1:x/y')!;
const onion = parseP2PAddress('tor-annex::abcdefgh.onion:1234')!;

let top: string;
let env: Record<string, string>;
let uuid: UUID;
let daemon: Running;
let proxy: SocksServer;

beforeAll(async () => {
  top = await mkdtemp(join(tmpdir(), 'annexus-peer-'));
  const network = await makeP2PNetwork({ dir: top, name: 'sockets', address: 'peer+1:x/y' });
  const [peer, own] = ['peer', 'own'].map((name) => join(top, name)) as [string, string];
  for (const dir of [peer, own]) await mkdir(dir);
  env = cleanEnvironment({ release, env: { PATH: pathTo(network, release) } });
  const annex = async (dir: string, args: readonly string[], input = ''): Promise<string> =>
    (await runIn(dir, ['git-annex', ...args], { release, env, input })).stdout;
  for (const dir of [peer, own]) {
    await runIn(dir, ['git', 'init', '-q'], { release });
    await annex(dir, ['init', '-q']);
  }
  uuid = parseUUID((await runIn(peer, ['git', 'config', 'annex.uuid'], { release })).stdout.trim())!;
  const linked = await addressWithToken(peer, network, release);
  daemon = startIn(peer, ['git-annex', 'remotedaemon', '--foreground'], { release, env });
  await untilServed(network, daemon);
  await annex(own, ['p2p', '--link', '--name', 'peer'], `${linked}\n`);
  // What a remote over tor would have: the same token, in a file named after the onion.
  const token = linked.slice(linked.lastIndexOf(':') + 1);
  await writeFile(join(own, '.git', 'annex', 'creds', 'abcdefgh%2Eonion'), token);
  proxy = await startSocksServer(new Map([['abcdefgh.onion:1234', network.link]]));
});

afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  await daemon[Symbol.asyncDispose]();
  await removeTree(top);
});

function open(to: P2PAddress, environment: NodeJS.ProcessEnv = env): P2PRemote {
  const own = join(top, 'own');
  return openP2PAddressRemote({
    address: to,
    uuid,
    ownUUID,
    gitDir: join(own, '.git'),
    directory: own,
    environment,
    torProxy: proxy,
    clock: systemClock,
    // Of locked content that is to be removed remotedaemon says nothing at all, and keeps the connection open.
    answerTimeoutMs: 2000,
    makeDigest,
  });
}

const exceptions: ReadonlySet<string> = new Set([
  'stores content that changed while it was sent only if it verifies',
  'uses the digest of the caller at offset 0, and does not feed it',
]);

function subject(to: P2PAddress): ConformanceSubject {
  return {
    capabilities: new Set(['lock', 'resume', 'verify']),
    hashKey,
    unverifiableKey,
    open() {
      const remote = open(to);
      return Promise.resolve({ remote, close: () => remote.close() });
    },
  };
}

// The peer is the same for all checks, whose content differs from each other's.
describe('a network with a program', () => {
  const under = subject(address);
  const checks = conformanceChecks.filter((check) => isCapable(check, under) && !exceptions.has(check.name));
  test.each(checks)('$name', async (check) => {
    await expect(runCheck(check, under)).resolves.toBeUndefined();
  });
});

test('tor', async () => {
  const check: Check = {
    name: 'stores, gives, locks and removes',
    needs: [],
    async run(bench) {
      const content = patterned(500_000, 1001);
      const key = await bench.put(content);
      await bench.holds(key, content);
      const lock = await bench.remote.lockContent(key, bench.context);
      if (!lock.locked) throw new Error(lock.reason);
      await lock.release();
      const removed = await bench.remote.remove(key, {}, bench.context);
      if (!removed.removed) throw new Error(removed.reason);
      await bench.lacks(key);
    },
  };
  await expect(runCheck(check, subject(onion))).resolves.toBeUndefined();
});

test.each([
  ['a network with a program', address],
  ['tor', onion],
] as const)('%s: a wrong token', async (_name, to) => {
  const remote = open(to, { ...env, GIT_ANNEX_P2P_AUTHTOKEN: 'wrong' });
  await expect(remote.checkPresent(hashKey(patterned(9, 1)), contextOf())).rejects.toMatchObject({
    code: 'access',
  });
  await remote.close();
});

test('nobody there', async () => {
  const away = open({ type: 'network', network: 'sockets', address: 'elsewhere' });
  const key = hashKey(patterned(9, 2));
  await expect(away.checkPresent(key, contextOf())).rejects.toMatchObject({
    code: 'peer',
    message: expect.stringContaining('nobody is at elsewhere') as unknown,
  });
  await away.close();
  const hidden = open({ type: 'tor', onion: 'other.onion', port: 1 });
  await expect(hidden.checkPresent(key, contextOf())).rejects.toMatchObject({
    code: 'peer',
    message: expect.stringContaining('the host cannot be reached') as unknown,
  });
  await hidden.close();
  const unknown = open({ type: 'network', network: 'unheard-of', address: 'x' });
  await expect(unknown.checkPresent(key, contextOf())).rejects.toMatchObject({
    code: 'config',
    message: expect.stringContaining('git-annex-p2p-unheard-of') as unknown,
  });
  await unknown.close();
});

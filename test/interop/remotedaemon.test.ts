// The line protocol behind AUTH, as git-annex speaks it to p2p-annex:: addresses: git's own traffic by CONNECT, content, and
// with SERVE all that the gateway proxies for. The network is a stand-in: a program that connects to a unix socket.
import { readFile, symlink, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { annexusProgram, runIn, startIn, withTempDir, type Ran } from '../support/git-annex.ts';
import {
  addressWithToken,
  makeP2PNetwork,
  pathTo,
  untilServed,
  type P2PNetwork,
} from '../support/p2p-network.ts';
import { makeCluster, type Cluster } from './scenario/cluster.ts';
import { latestRelease } from './scenario/world.ts';

interface Scene {
  readonly dir: string;
  readonly cluster: Cluster;
  readonly network: P2PNetwork;
  /** With the token behind it. */
  readonly address: string;
  readonly run: (cwd: string, command: readonly string[], allow?: readonly number[]) => Promise<Ran>;
}

async function withDaemon(scenario: (scene: Scene) => Promise<void>): Promise<void> {
  await withTempDir(async (dir) => {
    const release = latestRelease();
    const cluster = await makeCluster({ release, dir, bare: true });
    const network = await makeP2PNetwork({ dir, name: 'test', address: 'addr1' });
    await symlink(join(release.binDir, 'git-annex'), join(network.bin, 'git-remote-p2p-annex'));
    const env = { PATH: pathTo(network, release) };
    const run: Scene['run'] = async (cwd, command, allow = [0]) =>
      await runIn(cwd, command, { release, env, allow });
    const address = await addressWithToken(cluster.gateway.dir, network, release);
    await using daemon = startIn(cluster.gateway.dir, [process.execPath, annexusProgram, 'remotedaemon'], {
      release,
      env,
    });
    await untilServed(network, daemon);
    await scenario({ dir, network, cluster, address, run });
  });
}

/** Speaks by hand: each line that is sent, and the one that answers. */
class ByHand {
  readonly #socket: Socket;
  #received = '';

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => (this.#received += text));
  }

  static async open(path: string): Promise<ByHand> {
    const socket = connect(path);
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new ByHand(socket);
  }

  async ask(line: string): Promise<string> {
    this.#socket.write(`${line}\n`, 'latin1');
    const giveUpMs = performance.now() + 10_000;
    for (;;) {
      const end = this.#received.indexOf('\n');
      if (end !== -1) {
        const answer = this.#received.slice(0, end);
        this.#received = this.#received.slice(end + 1);
        return answer;
      }
      if (performance.now() > giveUpMs) throw new Error(`no answer to ${line}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  close(): void {
    this.#socket.destroy();
  }
}

describe('remotedaemon', () => {
  test('a stock git-annex clones, pushes, copies, gets and drops over a P2P address', async () => {
    await withDaemon(async ({ dir, network, cluster, address, run }) => {
      const laptop = join(dir, 'laptop');
      await run(dir, ['git', 'init', '-q', laptop]);
      await run(laptop, ['git', 'annex', 'init', 'laptop']);
      const link = await runIn(laptop, ['git', 'annex', 'p2p', '--link', '--name', 'peer'], {
        release: latestRelease(),
        env: { PATH: pathTo(network, latestRelease()) },
        input: `${address}\n`,
      });
      expect(link.stdout).toContain('ok');
      const content = randomBytes(300_000);
      await writeFile(join(laptop, 'photo'), content);
      await run(laptop, ['git', 'annex', 'add', 'photo']);
      await run(laptop, ['git', 'commit', '-qm', 'photo']);
      await run(laptop, ['git', 'annex', 'copy', '--to', 'peer', 'photo']);
      await run(laptop, ['git', 'annex', 'drop', 'photo']);
      await run(laptop, ['git', 'annex', 'get', '--from', 'peer', 'photo']);
      expect((await readFile(join(laptop, 'photo'))).equals(content)).toBe(true);
      await run(laptop, ['git', 'annex', 'push', '--no-content', 'peer']);
      const heads = await cluster.gateway.git(['for-each-ref', '--format=%(refname)']);
      expect(heads.stdout).toMatch(/refs\/heads\/(main|master)/);
      await run(laptop, ['git', 'fetch', '-q', 'peer']);
      const seen = await cluster.gateway.annex(['whereis', '--all']);
      expect(seen.stdout).toContain(cluster.gateway.uuid);
      await run(laptop, ['git', 'annex', 'move', '--from', 'peer', 'photo']);
      expect((await cluster.gateway.annex(['fsck', '--all', '--fast'])).exitCode).toBe(0);
    });
  }, 120_000);

  test('SERVE leads to what is proxied, and a wrong token nowhere', async () => {
    await withDaemon(async ({ network, cluster, address }) => {
      const [node] = cluster.nodes as [Cluster['nodes'][number]];
      const client = '11111111-2222-4333-8444-555555555555';
      const token = address.split(':').at(-1) ?? '';
      const byHand = await ByHand.open(network.link);
      expect(await byHand.ask('CHECKPRESENT SHA1--x')).toBe('ERROR unexpected command');
      expect(await byHand.ask(`AUTH ${client} ${'0'.repeat(64)}`)).toBe('AUTH-FAILURE');
      expect(await byHand.ask(`AUTH ${client} ${token.toUpperCase()}`)).toBe(
        `AUTH-SUCCESS ${cluster.gateway.uuid}`,
      );
      expect(await byHand.ask('VERSION 4')).toBe('VERSION 4');
      const unknown = '99999999-2222-4333-8444-555555555555';
      expect(await byHand.ask(`SERVE ${unknown}`)).toBe(
        `ERROR not configured to proxy for repository ${unknown}`,
      );
      const key = 'SHA256-s3--2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae';
      expect(await byHand.ask(`SERVE ${node.uuid}`)).toBe(`AUTH-SUCCESS ${node.uuid}`);
      expect(await byHand.ask(`PUT  ${key}`)).toBe('PUT-FROM 0');
      expect(await byHand.ask('DATA 3\nfooVALID')).toBe('SUCCESS');
      expect(await byHand.ask(`SERVE ${cluster.uuid}`)).toBe(`AUTH-SUCCESS ${cluster.uuid}`);
      expect(await byHand.ask(`CHECKPRESENT ${key}`)).toBe('SUCCESS');
      expect(await byHand.ask(`SERVE ${cluster.gateway.uuid}`)).toBe(`AUTH-SUCCESS ${cluster.gateway.uuid}`);
      expect(await byHand.ask(`CHECKPRESENT ${key}`)).toBe('FAILURE');
      let changed = byHand.ask('NOTIFYCHANGE');
      await new Promise((resolve) => setTimeout(resolve, 500));
      await cluster.gateway.git(['update-ref', 'refs/heads/news', 'git-annex']);
      const commit = (await cluster.gateway.git(['rev-parse', 'refs/heads/news'])).stdout.trim();
      // What was stored above is committed meanwhile, and is told of as well.
      for (let asked = 0; asked < 3 && !(await changed).includes(commit); asked++)
        changed = byHand.ask('NOTIFYCHANGE');
      expect((await changed).split(' ')).toEqual(expect.arrayContaining(['CHANGED', commit]));
      byHand.close();
    });
  }, 60_000);
});

// The thin start of `annexus shell`: a running gateway serves the conversation, and where none runs, or something is not
// plain, the whole program does. What it says and how it ends is the same either way.
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { annexusProgram, runIn, startIn, withTempDir, type Ran } from '../support/git-annex.ts';
import { makeCluster, type Cluster } from './scenario/cluster.ts';
import { startServer, type Server } from './scenario/server.ts';
import { latestRelease } from './scenario/world.ts';

const client = '11111111-2222-4333-8444-555555555555';
const shell = [process.execPath, annexusProgram, 'shell'];

async function withGateway(
  scenario: (cluster: Cluster, serve: () => Promise<Server>) => Promise<void>,
): Promise<void> {
  await withTempDir(async (dir) => {
    const release = latestRelease();
    const cluster = await makeCluster({ release, dir, bare: true });
    await scenario(cluster, () =>
      startServer({ kind: 'annexus', release, repositoryDir: cluster.gateway.dir }),
    );
  });
}

async function converse(
  cluster: Cluster,
  uuid: string,
  input: string | Uint8Array,
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const words = ['p2pstdio', cluster.gateway.dir, client, '--uuid', uuid];
  return await runIn(cluster.dir, [...shell, ...words], { input, env, allow: 'any' });
}

describe('the thin start', () => {
  test('says what the whole program says, with and without a gateway', async () => {
    await withGateway(async (cluster, serve) => {
      const content = randomBytes(1_000_000);
      const key = `SHA256-s${content.length}--${createHash('sha256').update(content).digest('hex')}`;
      const put = Buffer.concat([
        Buffer.from(`VERSION 4\nPUT  ${key}\nDATA ${content.length}\n`),
        content,
        Buffer.from(`VALID\nCHECKPRESENT ${key}\n`),
      ]);
      const conversations: readonly (readonly [string, string | Uint8Array, Record<string, string>])[] = [
        [cluster.gateway.uuid, 'VERSION 4\nCHECKPRESENT SHA1--x\nnonsense\n', {}],
        [cluster.nodes[0]?.uuid ?? '', put, {}],
        [cluster.uuid, `VERSION 4\nGET 0  ${key}\nSUCCESS\nREMOVE ${key}\n`, {}],
        [cluster.uuid, `VERSION 4\nREMOVE ${key}\n`, { GIT_ANNEX_SHELL_READONLY: '1' }],
        [cluster.uuid, 'VERSION 4\n', { GIT_ANNEX_SHELL_DIRECTORY: '/elsewhere' }],
        ['unknown', 'VERSION 4\n', {}],
      ];
      // Reasons for people go to standard error, which is not handed over: the gateway tells them in its own events.
      const all = async (): Promise<readonly Omit<Ran, 'stderr'>[]> => {
        const answers: Omit<Ran, 'stderr'>[] = [];
        for (const [uuid, input, env] of conversations) {
          const { stdout, exitCode } = await converse(cluster, uuid, input, env);
          answers.push({ stdout, exitCode });
        }
        return answers;
      };
      const alone = await all();
      await using _server = await serve();
      expect(existsSync(join(cluster.gateway.dir, 'annex/annexus/shell.sock'))).toBe(true);
      expect(await all()).toEqual(alone);
      expect(alone.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0, 1, 1]);
      expect(alone[1]?.stdout).toContain('PUT-FROM 0\nSUCCESS\nSUCCESS\n');
    });
  }, 60_000);

  test('is served by the gateway, and ends with 1 where that goes away', async () => {
    await withGateway(async (cluster, serve) => {
      const server = await serve();
      const words = ['p2pstdio', cluster.gateway.dir, client];
      await using running = startIn(cluster.dir, [...shell, ...words], { release: latestRelease() });
      const greeted = performance.now() + 10_000;
      while (!running.stdout().includes('AUTH-SUCCESS') && performance.now() < greeted)
        await new Promise((resolve) => setTimeout(resolve, 20));
      expect(running.stdout()).toContain(`AUTH-SUCCESS ${cluster.gateway.uuid}`);
      await server.kill();
      expect(await running.ended).toBe(1);
      // The socket of the killed one is in the way of nobody.
      expect((await converse(cluster, cluster.gateway.uuid, 'VERSION 4\n')).stdout).toContain('VERSION 4');
      await using _again = await serve();
      expect((await converse(cluster, cluster.gateway.uuid, 'VERSION 4\n')).stdout).toContain('VERSION 4');
    });
  }, 60_000);

  test('loads nothing of what looks at servers', async () => {
    await withTempDir(async (dir) => {
      const release = latestRelease();
      const cluster = await makeCluster({ release, dir, bare: true });
      const hook = join(dir, 'hook.cjs');
      await writeFile(
        hook,
        'process.on("exit", () => process.stderr.write(`loaded ${Object.keys(require.cache).join()}`));',
      );
      const { stderr } = await converse(cluster, cluster.gateway.uuid, 'VERSION 4\n', {
        NODE_OPTIONS: `--require ${hook}`,
      });
      const loaded =
        /loaded (.*)/
          .exec(stderr)?.[1]
          ?.split(',')
          .map((path) => basename(path, '.cjs')) ?? [];
      expect(loaded).toContain('shell');
      const looking = ['with-observatory', 'json-log', 'metrics', 'span-export'];
      expect(loaded.filter((name) => looking.includes(name))).toEqual([]);
      expect(existsSync(join(dirname(annexusProgram), '../dist/cli/span-export.cjs'))).toBe(true);
    });
  }, 30_000);

  test('ends when nobody reads what it says any more, also where its input stays open', async () => {
    await withTempDir(async (dir) => {
      await mkdir(join(dir, 'annex/annexus'), { recursive: true });
      // Stands in for a gateway in the middle of a download.
      const server = createServer((socket) => {
        socket.on('error', () => undefined);
        socket.once('data', () => {
          socket.write('go\n');
          const timer = setInterval(() => socket.write(randomBytes(65_536)), 10);
          socket.on('close', () => clearInterval(timer));
        });
      });
      await new Promise<void>((resolve) => server.listen(join(dir, 'annex/annexus/shell.sock'), resolve));
      const words = [annexusProgram, 'shell', 'p2pstdio', dir, client];
      const child = spawn(process.execPath, words, { stdio: ['pipe', 'pipe', 'ignore'] });
      const limit = setTimeout(() => child.kill('SIGKILL'), 10_000);
      child.stdout.once('data', () => child.stdout.destroy());
      const exitCode = await new Promise<number | null>((resolve) => child.once('exit', resolve));
      clearTimeout(limit);
      server.close();
      expect(exitCode).toBe(1);
    });
  }, 20_000);
});

// The commands beside real git-annex of both releases in the same repository: whereis and info print the same, init and
// updatecluster leave what git-annex leaves; errors are one line; and what p2phttp serves follows changes while it runs.
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { annexusProgram, releases, runIn, startIn, withTempDir, type Ran } from '../support/git-annex.ts';
import { cloneOf, makeCluster, type Repository } from './scenario/cluster.ts';
import { objectsIn } from './scenario/examine.ts';
import { keyOf } from './scenario/samples.ts';
import { startServer } from './scenario/server.ts';

const annexus = [process.execPath, annexusProgram];

async function inShell(dir: string, script: string): Promise<void> {
  await runIn(dir, ['bash', '-ec', script]);
}

async function makeOddRepository(dir: string): Promise<string> {
  await inShell(
    dir,
    `git init -q r1; cd r1; git annex init first
    mkdir 'sub dir'; echo a > a; echo b > 'b c'; echo u > 'ä.txt'; echo n > $'new\\nline'
    echo q > 'q"uo\\te'; echo s > 'sub dir/s'; echo t > $'ta\\tb'; echo z > $'bad\\xff.txt'
    git annex add .; git annex fromkey --force URL--http://x.invalid/ unsized; git commit -qm files; cd ..
    git clone -q r1 r2; cd r2; git annex init 'second ü'; git annex get a; cd ../r1
    git remote add r2 ../r2; git annex sync -q --no-content || true; git annex untrust r2; git annex drop --force 'b c'
    git clone -q . ../r3; cd ../r3; git annex init third; git annex get 'sub dir'; cd ../r1
    git remote add r3 ../r3; git annex sync -q --no-content || true; git annex dead r3`,
  );
  return join(dir, 'r1');
}

describe.each(releases())('beside git-annex of the $name release', (release) => {
  test('whereis and info print what it prints', async () => {
    await withTempDir(async (dir) => {
      const cwd = await makeOddRepository(dir);
      const key = (await runIn(cwd, ['git', 'annex', 'lookupkey', 'a'])).stdout.trim();
      const same: readonly (readonly string[])[] = [
        ['whereis'],
        ['whereis', 'sub dir', '.', 'a'],
        ['whereis', 'a', 'nosuch'],
        ['whereis', '--all'],
        ['whereis', '--key', key],
        ['whereis', '--key', 'SHA1--abc'],
        ['info', 'a'],
        ['info', 'b c'],
        ['info', 'here'],
        ['info', 'second ü'],
        ['info', '.', 'sub dir/', '.git', 'HEAD', 'HEAD:sub dir', 'HEAD:a', 'nosuch'],
        ['info', '--fast', '.', 'HEAD'],
        ['info', '--bytes', '--not', '--in=r2', '.', 'a', 'b c', 'unsized', 'HEAD', 'second ü'],
        ['info', '--include=*.txt', '.', '--numcopies=2'],
      ];
      const run = async (
        program: readonly string[],
        args: readonly string[],
      ): Promise<Omit<Ran, 'stderr'>> => {
        const { stdout, exitCode } = await runIn(cwd, [...program, ...args], { release, allow: [0, 1] });
        return { stdout, exitCode };
      };
      for (const args of same.flatMap((words) => [words, [...words, '--json']])) {
        const [ours, theirs] = await Promise.all([run(annexus, args), run(['git-annex'], args)]);
        expect({ args, ...ours }).toEqual({ args, ...theirs });
      }
      const lines = (text: string): string[] =>
        text.split('\n').filter((line) => !line.startsWith('available'));
      const overall = lines((await run(['git-annex'], ['info'])).stdout);
      for (const line of lines((await run(annexus, ['info'])).stdout)) expect(overall).toContain(line);
      const ofSome = lines((await run(['git-annex'], ['info', '--in=r2'])).stdout);
      for (const line of lines((await run(annexus, ['info', '--in=r2'])).stdout))
        expect(ofSome).toContain(line);
      const refused = await run(annexus, ['info', '--include=*', 'HEAD']);
      expect(refused).toEqual({ stdout: 'info HEAD failed\n', exitCode: 1 });
      await runIn(cwd, ['git', 'config', 'core.quotePath', 'false']);
      expect((await run(annexus, ['whereis', 'ä.txt'])).stdout).toMatch(/^whereis ä\.txt \(1 copy\)/);
    });
  });

  test('a gateway made by our commands leaves nothing for it to do', async () => {
    await withTempDir(async (dir) => {
      const run = async (at: string, ...argv: string[]): Promise<string> =>
        (await runIn(join(dir, at), argv, { release })).stdout;
      for (const name of ['gateway', 'disk1', 'disk2']) {
        await run('.', 'git', 'init', '-q', ...(name === 'disk2' ? ['--bare'] : []), name);
        expect(await run(name, ...annexus, 'init', name)).toBe(`init ${name} ok\n`);
        const uuid = await run(name, 'git', 'config', 'annex.uuid');
        expect(await run(name, ...annexus, 'init')).toBe('init  ok\n');
        expect(await run(name, 'git', 'config', 'annex.uuid')).toBe(uuid);
      }
      for (const name of ['disk1', 'disk2']) {
        await run('gateway', 'git', 'remote', 'add', name, `../${name}`);
        await run('gateway', 'git', 'config', `remote.${name}.annex-cluster-node`, 'c');
      }
      expect(await run('gateway', ...annexus, 'initcluster', 'c')).toBe('initcluster c ok\n');
      expect(await run('gateway', ...annexus, 'updatecluster')).toContain('Added node disk2 to cluster: c');
      const tip = await run('gateway', 'git', 'rev-parse', 'git-annex');
      const again = await run('gateway', 'git', 'annex', 'updatecluster');
      expect(again).toContain('No cluster node changes for cluster: c');
      expect(again).toContain('No proxy changes to record.');
      expect(await run('gateway', 'git', 'rev-parse', 'git-annex')).toBe(tip);
      expect(await run('gateway', 'git', 'annex', 'info', '--fast')).toContain('-- cluster c');
      for (const name of ['gateway', 'disk1', 'disk2']) {
        await run(name, 'git', 'annex', 'fsck');
        await run(name, 'git', 'fsck', '--strict');
      }
    });
  });

  test('what is served follows changes while it runs', { timeout: 240_000 }, async () => {
    await withTempDir(async (dir) => {
      const cluster = await makeCluster({ release, dir, bare: true });
      const { gateway } = cluster;
      await using server = await startServer({ kind: 'annexus', release, repositoryDir: gateway.dir });
      const client = await cloneOf({ cluster, server, release, dir: join(dir, 'laptop') });
      const nodes: Repository[] = [...cluster.nodes];
      const copy = async (
        name: string,
        ...more: string[]
      ): Promise<{ readonly has: string[]; readonly exitCode: number }> => {
        await writeFile(join(client.dir, name), name.repeat(10_000));
        await client.annex(['add', name]);
        const { exitCode } = await client.annex(['copy', ...more, '--to', 'origin-mycluster', name], {
          allow: 'any',
        });
        const key = await keyOf(client, name);
        const has: string[] = [];
        for (const node of nodes) {
          if ((await objectsIn(node).catch(() => new Map())).has(key)) has.push(node.name);
        }
        return { has, exitCode };
      };
      // The server looks at what changed now and then: one of the files copied meanwhile is the first to go by that.
      const copyUntil = async (name: string, has: readonly string[]): Promise<string> => {
        const until = performance.now() + 20_000;
        for (let attempt = 0; ; attempt++) {
          const copied = await copy(`${name}-${attempt}`);
          if (copied.exitCode === 0 && copied.has.join() === has.join()) return `${name}-${attempt}`;
          if (performance.now() > until)
            throw new Error(
              `${name} still goes to ${copied.has.join()}, with exit status ${copied.exitCode}`,
            );
        }
      };
      expect(await copy('f1')).toEqual({ has: ['node1', 'node2', 'node3'], exitCode: 0 });

      await inShell(dir, 'git init -q --bare node4; cd node4; git annex init node4');
      const uuid = (await runIn(join(dir, 'node4'), ['git', 'config', 'annex.uuid'])).stdout.trim();
      const [pattern] = cluster.nodes;
      if (pattern === undefined) throw new Error('there is no node');
      nodes.push({ ...pattern, name: 'node4', dir: join(dir, 'node4'), uuid });
      await gateway.git(['remote', 'add', 'node4', '../node4']);
      await gateway.git(['config', 'remote.node4.annex-cluster-node', 'mycluster']);
      await gateway.annex(['updatecluster']);
      await copyUntil('f2', ['node1', 'node2', 'node3', 'node4']);

      await gateway.git(['gc', '--quiet', '--prune=now']);
      await gateway.git(['repack', '-adq']);
      await gateway.git(['config', '--unset', 'remote.node1.annex-cluster-node']);
      await gateway.annex(['updatecluster']);
      await gateway.annex(['dead', 'node2']);
      await copyUntil('f3', ['node3', 'node4']);

      // A node that is away takes nothing, and the cluster takes what it can.
      await rename(join(dir, 'node3'), join(dir, 'away'));
      const file = await copyUntil('f4', ['node4']);
      // The client asks node4 for a lock once it has heard of it.
      await client.annex(['sync', '--no-content', 'origin']);
      await client.annex(['drop', file]);
      await client.annex(['get', file]);
      const removal = await client.annex(['drop', '--from', 'origin-mycluster', file], { allow: 'any' });
      expect(removal.exitCode).toBe(1);
      await rename(join(dir, 'away'), join(dir, 'node3'));
      await copyUntil('f5', ['node3', 'node4']);
    });
  });
});

test('a wrong word is one line on standard error, and exit status 1', async () => {
  await withTempDir(async (dir) => {
    await inShell(
      dir,
      `git init -q plain; git init -q old; cd old; git annex init; git config annex.version 7; cd ..
      git init -q no; echo 'leave me' > no/.noannex; git init -q good; cd good; git annex init; mkdir sub`,
    );
    const cases: readonly (readonly [string, readonly string[], RegExp])[] = [
      ['.', ['nosuch'], /unknown command 'nosuch'/],
      ['.', ['whereis', '--nosuch'], /unknown option '--nosuch'/],
      ['.', ['initcluster'], /missing required argument/],
      ['.', ['p2phttp', '--port', 'x'], /port/],
      ['.', ['p2phttp', '--clusterjobs', '0'], /a number from 1 is wanted, or cpus/],
      ['.', ['whereis'], /no git repository/],
      ['.', ['p2phttp'], /Use the --directory option .* \(no git repository/],
      ['plain', ['p2phttp'], /Use the --directory option .* is not an annex yet/],
      ['.', ['p2phttp', '--directory', 'nowhere'], /--directory .*nowhere cannot be read/],
      ['good', ['p2phttp', '--certfile', 'x'], /You must use both --certfile and --privatekeyfile options/],
      ['good', ['p2phttp', '--chainfile', 'x'], /You must use both --certfile and --privatekeyfile options/],
      ['good', ['p2phttp', '--certfile', 'x', '--privatekeyfile', 'y'], /cannot be read: ENOENT/],
      ['good', ['p2phttp', '--authenv'], /--authenv needs GIT_ANNEX_P2PHTTP_PASSWORD_/],
      ['plain', ['whereis'], /not an annex yet: run annexus init there/],
      ['old', ['whereis'], /annex\.version is 7/],
      ['old', ['p2phttp'], /annex\.version is 7/],
      ['good', ['whereis', '--all', '--key', 'SHA1--a'], /only one of/],
      ['good', ['p2phttp', '--authenv-http'], /GIT_ANNEX_P2PHTTP_PASSWORD_/],
      ['good', ['p2phttp', '--bind', '192.0.2.1', '--port', '0'], /does not have that address/],
    ];
    for (const [at, args, pattern] of cases) {
      const { stderr, stdout } = await runIn(join(dir, at), [...annexus, ...args], { allow: [1] });
      expect(stdout).toBe('');
      expect(stderr).toMatch(/^annexus: [^\n]+\n$/);
      expect(stderr).toMatch(pattern);
    }
    for (const [at, pattern] of [
      ['.', /no git repository/],
      ['old', /annex\.version is 7/],
      ['no', /noannex file: leave me/],
    ] as const) {
      const { stderr } = await runIn(join(dir, at), [...annexus, 'init'], { allow: [1] });
      expect(stderr).toMatch(pattern);
    }
    const { stdout } = await runIn(join(dir, 'good/sub'), [...annexus, 'init', 'from below']);
    expect(stdout).toBe('init from below ok\n');
  });
});

test('a server ends by signal with status 0, and a port that is taken is told', async () => {
  await withTempDir(async (dir) => {
    await inShell(dir, 'git init -q good; cd good; git annex init');
    const cwd = join(dir, 'good');
    const serve = [...annexus, 'p2phttp', '--wideopen', '--bind', '127.0.0.1', '--port'];
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      await using server = startIn(cwd, [...serve, '0']);
      const [, port = ''] = await server.shows(/listening on http:\/\/127\.0\.0\.1:(\d+)/);
      const { stderr } = await runIn(cwd, [...serve, port], { allow: [1] });
      expect(stderr).toMatch(/^annexus: cannot listen on port \d+ of 127\.0\.0\.1: [^\n]*--port\n$/);
      server.child.kill(signal);
      expect(await server.ended).toBe(0);
    }
  });
});

test('output that nobody reads ends a list, not a server', async () => {
  await withTempDir(async (dir) => {
    await inShell(
      dir,
      'git init -q good; cd good; git annex init; for i in $(seq 300); do echo $i > f$i; done; git annex add -q .',
    );
    const quoted = annexus.map((word) => `'${word}'`).join(' ');
    const script = `${quoted} whereis --json | head -n 1 > /dev/null; echo "\${PIPESTATUS[0]}"`;
    const { stderr, stdout } = await runIn(join(dir, 'good'), ['bash', '-c', script]);
    expect(stderr).not.toContain('Unhandled');
    expect(['0\n', '1\n']).toContain(stdout);
  });
});

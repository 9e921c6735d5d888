import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { until } from '../../../test/support/annex-server.ts';
import { wideOpen, type AccessPolicy } from '../../p2p/http/access.ts';
import type { Served } from '../../p2p/http/endpoint.ts';
import type { Context } from '../../remote/remote.ts';
import type { Event } from '../../types/event.ts';
import { parseKey, type Key } from '../../types/key.ts';
import type { UUID } from '../../types/uuid.ts';
import { systemClock, systemRng } from '../clock.ts';
import { RepositoriesServed, type RepositoriesServedOptions } from './repositories-served.ts';

let directory = '';
let open: RepositoriesServed | undefined;
const events: Event[] = [];
beforeEach(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), 'annexus-served-')));
  events.splice(0);
});
afterEach(async () => {
  await open?.close();
  open = undefined;
  await rm(directory, { recursive: true, force: true });
});

const key = parseKey('WORM-s3--absent') as Key;
const context: Context = {
  clientUUID: 'c' as UUID,
  bypass: [],
  requestId: 'test',
  signal: new AbortController().signal,
};

function git(path: string, ...words: readonly string[]): string {
  const identity = ['-c', 'user.name=t', '-c', 'user.email=t@t'];
  return execFileSync('git', ['-C', join(directory, path), ...identity, ...words], {
    encoding: 'utf8',
    env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
  }).trim();
}

/** A repository that is an annex, as far as one can tell before it is opened. */
async function make(path: string, ...options: readonly string[]): Promise<UUID> {
  await mkdir(join(directory, path), { recursive: true });
  git(path, 'init', '-q', ...options);
  const uuid = `00000000-0000-4000-8000-${String(made++).padStart(12, '0')}` as UUID;
  for (const [name, value] of [
    ['annex.uuid', uuid],
    ['annex.version', '10'],
    ['user.name', 't'],
    ['user.email', 't@t'],
  ] as const)
    git(path, 'config', name, value);
  return uuid;
}
let made = 1;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function serve(options: Partial<RepositoriesServedOptions> = {}): Promise<RepositoriesServed> {
  open = await RepositoriesServed.open({
    sources: [{ directory: join(directory, 'd'), access: () => wideOpen }],
    clock: systemClock,
    rng: systemRng,
    pauseMs: 20,
    events: (event) => events.push(event),
    ...options,
  });
  return open;
}

function warnings(): readonly string[] {
  // One that a test before this one deleted may still be told of.
  const mine = (message: string): boolean => message.includes(directory);
  return events.flatMap((event) => (event.type === 'warning' && mine(event.message) ? [event.message] : []));
}

async function answers(served: Served | undefined): Promise<unknown> {
  return served === undefined ? 'not served' : await served.remote.checkPresent(key, context);
}

test('finds repositories beneath a directory, and none within another', async () => {
  const uuids = {
    plain: await make('d/a'),
    bare: await make('d/user/b.git', '--bare'),
    hidden: await make('d/.hidden'),
    linked: await make('elsewhere/one'),
    apart: await make('d/apart', `--separate-git-dir=${join(directory, 'apart.git')}`),
    within: await make('d/a/sub'),
    beyond: await make('elsewhere/many/m'),
    here: await make('elsewhere/here'),
  };
  await symlink(join(directory, 'elsewhere/one'), join(directory, 'd/link'));
  await symlink(join(directory, 'elsewhere/many'), join(directory, 'd/many'));
  await symlink(join(directory, 'd'), join(directory, 'd/loop'));
  git('d', 'init', '-q', 'no-annex');
  const within = await make('d/no-annex/within');
  const served = await serve();
  expect(served.size).toBe(5);
  const found = Object.entries({ ...uuids, inPlain: within }).map(
    async ([name, uuid]) => [name, await answers(await served.resolve(uuid))] as const,
  );
  expect(Object.fromEntries(await Promise.all(found))).toEqual({
    plain: false,
    bare: false,
    hidden: false,
    linked: false,
    apart: false,
    within: 'not served',
    beyond: 'not served',
    here: 'not served',
    inPlain: 'not served',
  });
  expect(warnings()).toEqual([]);
});

test('notices at once what came, and what went', async () => {
  const first = await make('d/first');
  const served = await serve();
  expect(await answers(await served.resolve(first))).toBe(false);
  const second = await make('d/second');
  expect(await answers(await served.resolve(second))).toBe(false);
  await rm(join(directory, 'd/first'), { recursive: true });
  // It is missed once a second at most.
  while ((await served.resolve(first)) !== undefined) await pause(50);
  expect(served.size).toBe(1);
});

test('serves what a repository proxies for, from when it is recorded', async () => {
  const gateway = await make('d/gateway');
  const node = await make('node');
  const served = await serve();
  expect(await served.resolve(node)).toBeUndefined();
  expect(await answers(await served.resolve(gateway))).toBe(false);
  git('d/gateway', 'remote', 'add', 'node', join(directory, 'node'));
  git('d/gateway', 'config', 'remote.node.annex-uuid', node);
  git('d/gateway', 'config', 'remote.node.annex-proxy', 'true');
  await mkdir(join(directory, 'd/gateway/.git/annex/journal'), { recursive: true });
  await writeFile(join(directory, 'd/gateway/.git/annex/journal/proxy.log'), `1s ${gateway} ${node}:node\n`);
  const proxied = await served.resolve(node);
  expect(proxied?.remote.uuid).toBe(node);
  expect(await answers(proxied)).toBe(false);
});

test('what is broken is warned of once, and the others are served', async () => {
  const [good, broken, old] = [await make('d/good'), await make('d/broken'), await make('d/old')];
  await make('d/twin');
  git('d/twin', 'config', 'annex.uuid', good);
  git('d/old', 'config', 'annex.version', '7');
  await writeFile(join(directory, 'd/broken/.git/config'), '[[[');
  const served = await serve();
  expect(await answers(await served.resolve(good))).toBe(false);
  expect(await served.resolve(broken)).toBeUndefined();
  // Nobody learns where it is.
  await expect(served.resolve(old)).rejects.toThrow(`the repository of ${old} cannot be opened`);
  await expect(served.resolve(old)).rejects.toThrow('cannot be opened');
  expect(await served.resolve('nobody' as UUID)).toBeUndefined();
  expect(warnings()).toEqual([
    expect.stringMatching(/d\/broken is not served: .*bad config/s),
    expect.stringMatching(/d\/twin has the UUID of .*d\/good, which is served in its place/),
    expect.stringMatching(/d\/old cannot be served: .*version is 7/),
  ]);
});

test('a configuration that breaks leaves what is served as it was', async () => {
  const uuid = await make('d/a');
  const served = await serve();
  expect(await answers(await served.resolve(uuid))).toBe(false);
  await rename(join(directory, 'd/a/.git/config'), join(directory, 'd/a/.git/was'));
  await writeFile(join(directory, 'd/a/.git/config'), '[[[');
  expect(await served.resolve('nobody' as UUID)).toBeUndefined();
  expect(warnings()).toContainEqual(expect.stringContaining('served as it was'));
  expect(await answers(await served.resolve(uuid))).toBe(false);
  await rename(join(directory, 'd/a/.git/was'), join(directory, 'd/a/.git/config'));
});

test('lets go of what is not used, and opens it again', async () => {
  const uuids = [await make('d/a'), await make('d/b'), await make('d/c')];
  const served = await serve({ keepMs: 50, maxOpen: 2 });
  const remotes = await Promise.all(uuids.map((uuid) => served.resolve(uuid)));
  for (let round = 0; round < 3; round++)
    for (const remote of remotes) expect(await answers(remote)).toBe(false);
  const catFiles = (): number =>
    execFileSync('ps', ['-eo', 'args='], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => line.includes('cat-file') && line.includes(directory)).length;
  await until(() => catFiles() === 0);
  expect(await answers(remotes[0])).toBe(false);
});

test('repositories have names, and one that is missing is found when it is back', async () => {
  await make('d/a');
  const source = { repository: join(directory, 'd/a'), name: 'data/a', access: () => wideOpen };
  const served = await serve({ sources: [source] });
  const first = await served.take('data/a');
  expect(first?.access).toBe(wideOpen);
  first?.end();
  expect(await served.take('d/a')).toBeUndefined();
  await rename(join(directory, 'd/a'), join(directory, 'away'));
  // It is missed once a second at most.
  for (let use = first; use !== undefined; use = await served.take('data/a')) {
    use.end();
    await pause(50);
  }
  await rename(join(directory, 'away'), join(directory, 'd/a'));
  const found = await served.take('data/a');
  expect(found?.host.annex.git.gitDir).toBe(join(directory, 'd/a/.git'));
  found?.end();
});

test('beneath a directory they are called by their paths, and a name finds what that repository serves alone', async () => {
  const [one, other] = [await make('d/lab/one'), await make('d/lab/other.git', '--bare')];
  const names: string[] = [];
  const source = {
    directory: join(directory, 'd'),
    name: 'all',
    access: (name: string): AccessPolicy => {
      names.push(name);
      return wideOpen;
    },
  };
  const served = await serve({ sources: [source] });
  expect(await answers(await served.resolve(one, 'all/lab/one'))).toBe(false);
  expect(await answers(await served.resolve(other, 'all/lab/other'))).toBe(false);
  expect(await served.resolve(other, 'all/lab/one')).toBeUndefined();
  expect(await served.resolve(one, 'lab/one')).toBeUndefined();
  expect(names).toEqual(['all/lab/one', 'all/lab/other']);
});

test('what is asked for while it closes is not opened', async () => {
  const uuid = await make('d/a');
  let opened = 0;
  const served = await serve({
    opened: () => {
      opened++;
      return () => undefined;
    },
  });
  const asked = [served.resolve(uuid), served.take('a')];
  await served.close();
  expect(await Promise.all(asked)).toEqual([undefined, undefined]);
  expect(opened).toBe(0);
});

test('of two that are called alike the one that was configured first has the name, and the other is warned of once', async () => {
  const [uuid, other] = [await make('elsewhere/x'), await make('d/x.git', '--bare')];
  const access = (): AccessPolicy => wideOpen;
  const sources = [
    { repository: join(directory, 'elsewhere/x'), name: 'lab/x', access },
    { directory: join(directory, 'd'), name: 'lab', access },
  ];
  const served = await serve({ sources, areNamed: true });
  expect(await answers(await served.resolve(uuid, 'lab/x'))).toBe(false);
  expect(await served.resolve(other, 'lab/x')).toBeUndefined();
  expect(await answers(await served.resolve(other))).toBe(false);
  expect(warnings()).toEqual([expect.stringMatching(/d\/x.git is called lab\/x as .*elsewhere\/x is/)]);
});

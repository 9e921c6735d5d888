// The git side as git itself meets it, and as those do who write their requests by hand.
import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AccessPolicy } from '../../p2p/http/access.ts';
import { theOnly } from '../../p2p/http/named-repository.ts';
import type { ServerMode } from '../../remote/remote.ts';
import type { UUID } from '../../types/uuid.ts';
import { listen, type Listener } from '../http/listen.ts';
import { gitSide, type GitSideHost } from './git-side.ts';

let directory = '';
let listener: Listener | undefined;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'annexus-git-side-'));
  git('.', 'init', '-q', '--bare', '-b', 'main', 'data.git');
  git('.', 'init', '-q', '-b', 'main', 'work');
  commit('first');
  git(
    'work',
    'push',
    '-q',
    '../data.git',
    'main',
    'main:refs/heads/old',
    'main:refs/tags/v1',
    'main:refs/notes/n',
  );
});
afterEach(async () => {
  await listener?.close({ limitMs: 0 });
  listener = undefined;
  await rm(directory, { recursive: true, force: true });
});

const environment = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };

function git(path: string, ...words: readonly string[]): string {
  const identity = ['-c', 'user.name=t', '-c', 'user.email=t@t'];
  return execFileSync('git', ['-C', join(directory, path), ...identity, ...words], {
    encoding: 'utf8',
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim();
}

function commit(message: string): void {
  git('work', 'commit', '-q', '--allow-empty', '-m', message);
}

function refs(): Readonly<Record<string, string>> {
  const lines = git('data.git', 'for-each-ref', '--format=%(refname) %(objectname)').split('\n');
  return Object.fromEntries(lines.map((line) => line.split(' ') as [string, string]));
}

/** @returns the URL of the repository */
async function serve(mode: ServerMode): Promise<string> {
  const access: AccessPolicy = { authorize: () => ({ user: undefined, mode }) };
  const host = {
    annex: {
      git: { gitDir: join(directory, 'data.git') },
      uuid: '00000000-0000-4000-8000-000000000001' as UUID,
      branch: { commit: () => Promise.resolve() },
    },
    update: () => Promise.resolve(),
  } as unknown as GitSideHost;
  const raw = gitSide({
    find: theOnly({ name: 'data', host, access }),
    events: () => undefined,
    annexURL: () => '/',
  });
  listener = await listen({
    places: [{ host: '127.0.0.1', port: 0 }],
    handlers: [{ raw }],
    isTrusted: () => true,
  });
  return `${listener.url}data.git`;
}

/** In the background, since the server is this process. */
async function push(url: string, ...words: readonly string[]): Promise<string> {
  return await new Promise((resolve) => {
    const all = ['-C', join(directory, 'work'), 'push', '--porcelain', url, ...words];
    execFile('git', all, { env: environment }, (_error, stdout, stderr) => resolve(stdout + stderr));
  });
}

test('who may append makes refs and moves branches forward, and moves or removes nothing else', async () => {
  const before = refs();
  const url = await serve('appendonly');
  commit('second');
  git('work', 'tag', '-f', 'v1');
  const answer = await push(
    url,
    '--force',
    'main',
    'v1',
    'main:refs/tags/new',
    ':refs/notes/n',
    ':refs/heads/old',
  );
  expect(answer).toMatch(/^!\t[^\n]*refs\/tags\/v1\t\[remote rejected\]/m);
  const main = git('work', 'rev-parse', 'main');
  expect(refs()).toEqual({ ...before, 'refs/heads/main': main, 'refs/tags/new': main });
  expect(await push(url, '--force', 'main~1:main')).toContain('non-fast-forward');
});

test('who may append removes no branch by a command without an old id', async () => {
  const before = refs();
  const url = await serve('appendonly');
  const none = '0'.repeat(40);
  const command = `${none} ${none} refs/heads/old\0 report-status`;
  const body = `${(command.length + 4).toString(16).padStart(4, '0')}${command}0000`;
  const headers = { 'Content-Type': 'application/x-git-receive-pack-request' };
  const reply = await fetch(`${url}/git-receive-pack`, { method: 'POST', headers, body });
  expect(await reply.text()).toContain('ng refs/heads/old');
  expect(refs()).toEqual(before);
});

test('who may write removes what there is', async () => {
  const url = await serve('readwrite');
  await push(url, ':refs/tags/v1', ':refs/heads/old');
  expect(Object.keys(refs())).toEqual(['refs/heads/main', 'refs/notes/n']);
});

test('repositories within the git directory, and its files, are nobody’s to see', async () => {
  git('.', 'clone', '-q', '--bare', 'work', 'data.git/modules/sub');
  git('data.git', 'config', 'transfer.hideRefs', 'refs/heads/old');
  const url = await serve('readwrite');
  const paths = [
    'modules/sub/info/refs?service=git-upload-pack',
    'modules/sub/git-upload-pack',
    'modules%2Fsub/info/refs?service=git-upload-pack',
    'HEAD',
    'objects/info/packs',
    'objects/info/alternates',
    'info/refs',
  ];
  for (const path of paths) {
    const reply = await fetch(`${url}/${path}`);
    expect([path, [403, 404].includes(reply.status)]).toEqual([path, true]);
    expect(await reply.text()).not.toContain('refs/heads');
  }
  const known = await (await fetch(`${url}/info/refs?service=git-upload-pack`)).text();
  expect(known).toContain('refs/heads/main');
  expect(known).not.toContain('refs/heads/old');
});

test('hooks are told the address of the client, and not that of a proxy before us', async () => {
  const seen = join(directory, 'seen');
  const hook = join(directory, 'data.git/hooks/update');
  await writeFile(hook, `#!/bin/sh\necho "$REMOTE_ADDR" > '${seen}'\n`, { mode: 0o755 });
  const url = await serve('readwrite');
  git('work', 'config', 'http.extraHeader', 'X-Forwarded-For: 192.0.2.7');
  await push(url, 'main:refs/heads/new');
  expect(await readFile(seen, 'utf8')).toBe('192.0.2.7\n');
});

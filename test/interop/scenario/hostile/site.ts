// A server with everything that a hostile client could want: open repositories (bare, with a work tree, a gateway with
// proxied nodes and a cluster), one that only its owner may see, users, tokens, metrics, status, and secrets all around.
// Everything is below one directory, the server's home and temporary files too, so that nothing can be stored unseen.
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createToken } from '../../../../src/node/access/token-file.ts';
import { systemRng } from '../../../../src/node/clock.ts';
import { annexusProgram, runIn, startIn, type Release, type Running } from '../../../support/git-annex.ts';
import { initRepository, makeCluster, type Cluster, type Repository } from '../cluster.ts';
import { canary } from './canaries.ts';
import type { Aim, Target } from './hostile-request.ts';

export interface Site extends AsyncDisposable {
  readonly dir: string;
  readonly server: Running;
  readonly pid: number;
  readonly port: number;
  readonly aim: Aim;
  readonly repositories: readonly Repository[];
}

export async function makeSite(dir: string, release: Release): Promise<Site> {
  for (const name of ['home', 'tmp', 'here', 'cluster']) await mkdir(join(dir, name));
  const cluster = await makeCluster({ release, dir: join(dir, 'cluster'), bare: true });
  const init = async (name: string, bare: boolean): Promise<Repository> =>
    await initRepository({ release, dir: join(dir, name), bare, name });
  const [bare, tree, hidden] = await Promise.all([
    init('bare.git', true),
    init('tree', false),
    init('private', false),
  ]);
  const repositories = [bare, tree, hidden, cluster.gateway, ...cluster.nodes];
  const key = await addFiles(tree, release);
  await tree.git(['push', '--quiet', bare.dir, 'main']);
  const hiddenKey = await addSecret(hidden);
  for (const repository of repositories) await hide(repository);
  await makeInner(bare, release);
  const credentials = await writeSecrets(dir);
  await writeFile(join(dir, 'serve.yaml'), config());
  const env = {
    HOME: join(dir, 'home'),
    TMPDIR: join(dir, 'tmp'),
    GIT_CONFIG_GLOBAL: undefined,
    SECRET: canary,
    ANNEXUS_TEST_LIMITS: 'stall=3 patience=6 idle=2 lock=2',
  };
  const server = startIn(join(dir, 'here'), [process.execPath, annexusProgram, 'serve', '../serve.yaml'], {
    release,
    env,
  });
  const [, port] = await server.shows(/http:\/\/127\.0\.0\.1:(\d+)\//).catch(async (error: unknown) => {
    await server[Symbol.asyncDispose]();
    throw error;
  });
  const targets = targetsOf({ bare, tree, cluster }, key);
  for (const target of targets) await fill(Number(port), target);
  return {
    dir,
    server,
    pid: server.child.pid ?? 0,
    port: Number(port),
    repositories,
    aim: {
      directory: dir,
      targets,
      hidden: { name: 'private', uuid: hidden.uuid, key: hiddenKey },
      secrets: [
        'secret',
        'htpasswd',
        'tokens',
        'audit',
        'log',
        'serve.yaml',
        'private/.git/config',
        'private/secret',
        'bare.git/config',
        'tree/.git/config',
      ],
      credentials,
    },
    [Symbol.asyncDispose]: async () => await server[Symbol.asyncDispose](),
  };
}

function targetsOf(
  {
    bare,
    tree,
    cluster,
  }: { readonly bare: Repository; readonly tree: Repository; readonly cluster: Cluster },
  key: string,
): readonly Target[] {
  const gateway = [cluster.gateway.uuid, cluster.uuid, ...cluster.nodes.map(({ uuid }) => uuid)];
  return [
    { name: 'open/bare', uuid: bare.uuid, key },
    { name: 'open/tree', uuid: tree.uuid, key },
    ...gateway.map((uuid) => ({ name: 'lab/cluster', uuid, key })),
  ];
}

async function fill(port: number, { name, uuid, key }: Target): Promise<void> {
  const query = new URLSearchParams({ key, clientuuid: uuid }).toString();
  const url = `http://127.0.0.1:${port}/${name}/git-annex/${uuid}/v4/put?${query}`;
  const headers = { 'X-git-annex-data-length': `${annexed.length}` };
  const { status } = await fetch(url, { method: 'POST', headers, body: annexed });
  if (status !== 200) throw new Error(`${name} does not take ${key}: ${status}`);
}

const annexed = 'annexed content\n';

function config(): string {
  return `# ${canary}
listen: 127.0.0.1:0
repositories:
  open/bare: bare.git
  open/tree: tree
  lab/cluster: cluster/gw
  private: private
users: { htpasswd: htpasswd, tokens: tokens }
access:
  - { role: write, users: [anonymous], repositories: ['open/*', 'lab/*'] }
  - { role: admin, users: ['owner'] }
log: { format: json, file: log, audit: audit }
metrics: true
status: true
cors: { origins: ['https://example.org'] }
`;
}

/** A branch of links and pointers that lead out of it. */
async function addFiles({ dir, annex, git }: Repository, release: Release): Promise<string> {
  await writeFile(join(dir, 'file'), 'a file\n');
  await writeFile(join(dir, 'annexed'), annexed);
  await annex(['add', '--quiet', 'annexed']);
  await mkdir(join(dir, 'dir'));
  await writeFile(join(dir, 'dir', 'file'), 'a file\n');
  const links: Readonly<Record<string, string>> = {
    'to-passwd': '/etc/passwd',
    'to-secret': '../secret',
    'to-config': '.git/config',
    'to-key-config': '.git/annex/objects/aa/bb/../../../config/../../config',
    loop: 'loop',
    'dir-link': '/etc',
    'huge-link': 'a/'.repeat(1500),
  };
  for (const [name, to] of Object.entries(links)) await symlink(to, join(dir, name));
  await writeFile(join(dir, 'pointer-climb'), '/annex/objects/WORM-s1--../../../../config\n');
  await git(['add', '.']);
  await git(['-c', 'annex.largefiles=nothing', 'commit', '--quiet', '-m', 'files']);
  return (await runIn(dir, ['git', 'annex', 'lookupkey', 'annexed'], { release })).stdout.trim();
}

async function addSecret({ dir, annex, git }: Repository): Promise<string> {
  await git(['config', 'core.compression', '0']);
  await writeFile(join(dir, 'secret'), `${canary}\n`);
  await writeFile(join(dir, 'file'), `${canary} in git\n`);
  await annex(['add', '--quiet', 'secret']);
  await git(['add', 'file']);
  await git(['commit', '--quiet', '-m', canary]);
  await git(['branch', canary]);
  return (await annex(['lookupkey', 'secret'])).stdout.trim();
}

/** Secrets in places of a repository that nobody has to see. */
async function hide({ dir, bare, git, name }: Repository): Promise<void> {
  const gitDir = bare ? dir : join(dir, '.git');
  await git(['config', 'remote.elsewhere.url', `https://user:${canary}@example.org/`]);
  await git(['config', 'remote.elsewhere.annex-ignore', 'true']);
  await mkdir(join(gitDir, 'annex', 'creds'), { recursive: true });
  await writeFile(join(gitDir, 'annex', 'creds', 'p2pauth'), `${canary}\n`, { mode: 0o600 });
  await writeFile(join(gitDir, 'description'), `${name} ${canary}\n`);
  await writeFile(join(gitDir, 'hooks', 'post-update'), `#!/bin/sh\n# ${canary}\n`, { mode: 0o644 });
  await writeFile(join(gitDir, 'info', 'exclude'), `# ${canary}\n`);
}

/** Git keeps repositories of submodules within a repository; they are none of those that are served. */
async function makeInner({ dir }: Repository, release: Release): Promise<void> {
  await mkdir(join(dir, 'modules'));
  await runIn(dir, ['git', 'init', '--quiet', '--bare', `--initial-branch=${canary}`, 'modules/inner'], {
    release,
  });
}

async function writeSecrets(dir: string): Promise<readonly string[]> {
  const expiresMs = undefined;
  const { secret } = await createToken(
    join(dir, 'tokens'),
    { user: 'ann', scope: 'read', repositories: ['open/*'], expiresMs },
    { rng: systemRng, nowMs: Date.now() },
  );
  await createToken(
    join(dir, 'tokens'),
    { user: canary, scope: 'admin', repositories: undefined, expiresMs },
    { rng: systemRng, nowMs: Date.now() },
  );
  await writeFile(join(dir, 'htpasswd'), `${annLine}\n${canary}:${annLine.slice(4)}\n`);
  await writeFile(join(dir, 'secret'), `${canary}\n`);
  await writeFile(join(dir, 'audit'), `{"secret":"${canary}"}\n`);
  await writeFile(join(dir, 'log'), `{"secret":"${canary}"}\n`);
  const basic = (password: string): string => `Basic ${Buffer.from(`ann:${password}`).toString('base64')}`;
  return [basic('secret of ann'), basic(secret), `Bearer ${secret}`];
}

// What htpasswd makes of "secret of ann".
const annLine = 'ann:$2y$05$WCNrWc8O8kac1sGW3dbpxOnU4ui.JrDOT1NeBQtMwKLQtrmwhUO5u';

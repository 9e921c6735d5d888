// Files that a rule opens in a repository that is otherwise closed: it is the file that counts, and not what leads to it.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Limits } from '../../p2p/http/limits/limits.ts';
import { compileRules } from '../../p2p/http/permission/compile-rules.ts';
import { RolesPolicy } from '../../p2p/http/permission/roles-policy.ts';
import type { HttpHandler } from '../../p2p/http/message.ts';
import { fakeRequest } from '../../../test/support/fake-request.ts';
import { systemClock } from '../clock.ts';
import { openGitRepository, type GitRepository } from '../git/git-repository.ts';
import type { FilesHost } from './file-replies.ts';
import { filesHandler } from './files-handler.ts';

const script = `
git init -q -b main
mkdir -p public/deep closed
echo open > public/deep/a; echo secret > closed/b
ln -s public/deep/a in; ln -s public dirlink; ln -s ../closed/b public/out; ln -s nothing public/dangling
git add .; git -c user.name=t -c user.email=t@invalid commit -qm one; git branch topic
`;

let dir: string;
let git: GitRepository;

beforeAll(async () => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'annexus-open-files-')));
  execFileSync('bash', ['-ec', script], {
    cwd: dir,
    env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null' },
  });
  git = await openGitRepository(dir);
});

afterAll(async () => {
  await git.close();
  rmSync(dir, { recursive: true });
});

function handlerFor(repositories: string): HttpHandler {
  const rules = compileRules([
    { role: 'read', users: ['anonymous'], repositories: [repositories], paths: ['public/*'] },
  ]);
  const policy = new RolesPolicy({
    repository: 'data',
    rules: () => rules,
    identifiers: [{ identify: async () => await Promise.resolve(undefined) }],
  });
  // As a server has it.
  const access = new Limits({ clock: systemClock }).policy(policy);
  // Files of git need nothing of the annex.
  const host = { annex: { git }, served: [] } as unknown as FilesHost;
  return filesHandler({ host, name: 'data', access });
}

async function statusOf(path: string, repositories = 'data'): Promise<number | undefined> {
  return (await handlerFor(repositories)(fakeRequest({ method: 'GET', path: `/data/files/${path}` })))
    ?.status;
}

test.each([
  ['main/public/deep/a', 200],
  ['topic/public/deep/a', 200],
  ['main/in', 200],
  ['main/dirlink/deep/a', 200],
  ['main/closed/b', 401],
  ['main/public/out', 401],
  ['main/dirlink/out', 401],
  ['main/public/dangling', 401],
  ['main/public/nothing', 401],
  ['main/nothing', 401],
  ['nothing/public/deep/a', 401],
  ['main/public', 401],
  ['main/public/', 401],
  ['main/public/deep/a/', 401],
  ['main', 401],
  ['', 401],
])('%s: %d', async (path, status) => {
  expect(await statusOf(path)).toBe(status);
});

test('rules of another repository open nothing here', async () => {
  expect(await statusOf('main/public/deep/a', 'other')).toBe(401);
});

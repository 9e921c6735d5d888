// When remotes without a UUID are asked, and when again. What they answer is compared with git-annex in the interop tests.
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { openGitRepository, type GitRepository } from '../git/git-repository.ts';
import { runGit } from '../git/run-git.ts';
import { configuredRemotes } from './configured-remotes.ts';
import { RemoteDiscovery } from './remote-discovery.ts';

const uuid = '11111111-0000-4000-8000-000000000001';
let dir: string;
let git: GitRepository;
let clock: ManualClock;
let discovery: RemoteDiscovery;
let warnings: string[];
let asked = 0;
let answer: RequestListener;
const server = createServer((request, response) => {
  asked++;
  answer(request, response);
});

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  dir = await mkdtemp(join(tmpdir(), 'annexus-discovery-'));
  await runGit(['init', '-q', dir], { cwd: dir });
  git = await openGitRepository(dir);
});

afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await git.close();
  await rm(dir, { recursive: true });
});

beforeEach(async () => {
  asked = 0;
  warnings = [];
  clock = new ManualClock();
  const { port } = server.address() as AddressInfo;
  await git.setConfig('remote.web.url', `http://127.0.0.1:${port}/web.git`);
  for (const name of ['annex-uuid', 'annex-ignore', 'annex-ignore-auto'])
    await git.setConfig(`remote.web.${name}`, undefined);
  discovery = new RemoteDiscovery({
    git,
    clock,
    environment: {},
    events: (event) => void (event.type === 'warning' && warnings.push(event.message)),
  });
});

afterEach(async () => {
  await discovery.close();
});

async function ask(): Promise<boolean> {
  return await discovery.ask(await configuredRemotes(git));
}

const says =
  (status: number, text: string): RequestListener =>
  (_request, response) =>
    response.writeHead(status).end(text);

test('one that cannot be asked is asked again, less and less often, and told of once', async () => {
  answer = says(503, 'later');
  expect(await ask()).toBe(false);
  expect(await ask()).toBe(false);
  expect(asked).toBe(1);
  await clock.advance(5000);
  expect(await ask()).toBe(false);
  await clock.advance(5000);
  expect(await ask()).toBe(false);
  expect(asked).toBe(2);
  await clock.advance(5000);
  answer = says(200, `[annex]\n\tuuid = ${uuid}\n`);
  expect(await ask()).toBe(true);
  expect((await git.config()).get('remote.web.annex-uuid')).toBe(uuid);
  await clock.advance(1_000_000);
  expect(await ask()).toBe(false);
  expect(asked).toBe(3);
  expect(warnings).toEqual([
    expect.stringContaining('the remote web cannot be asked for its UUID: 127.0.0.1'),
  ]);
});

test('one that is no annex is ignored from then on', async () => {
  answer = says(404, '');
  expect(await ask()).toBe(true);
  await clock.advance(1_000_000);
  expect(await ask()).toBe(false);
  expect(asked).toBe(1);
  expect((await git.config()).getBool('remote.web.annex-ignore')).toBe(true);
});

test('one that does not answer is given up after ten seconds, and nobody asks it meanwhile', async () => {
  const reached = new Promise<void>((resolve) => (answer = () => resolve()));
  const asking = ask();
  await reached;
  expect(await ask()).toBe(false);
  await clock.advance(10_000);
  expect(await asking).toBe(false);
  expect(asked).toBe(1);
  expect(warnings).toEqual([expect.stringContaining('no answer within 10 s')]);
});

test('what was configured meanwhile stays', async () => {
  const other = '22222222-0000-4000-8000-000000000002';
  answer = (request, response) => {
    void git.setConfig('remote.web.annex-uuid', other).then(() => says(404, '')(request, response));
  };
  expect(await ask()).toBe(false);
  const config = await git.config();
  expect(config.get('remote.web.annex-uuid')).toBe(other);
  expect(config.get('remote.web.annex-ignore')).toBeUndefined();
});

test('closing breaks it off', async () => {
  const reached = new Promise<void>((resolve) => (answer = () => resolve()));
  const asking = ask();
  await reached;
  await discovery.close();
  expect(await asking).toBe(false);
  expect(await ask()).toBe(false);
  expect(warnings).toEqual([]);
});

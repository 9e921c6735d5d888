// Remotes that have no annex-uuid yet: what updatecluster finds out about them and notes, beside real git-annex of both
// releases asking the same ssh and the same web server.
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { annexusProgram, releases, runIn, withTempDir } from '../support/git-annex.ts';

const uuid = '11111111-0000-4000-8000-000000000001';
const annexUrl = 'annex+http://127.0.0.1:9/git-annex/';

/** By host: what git-annex-shell prints there, and its exit status. */
const sshAnswers: Readonly<Record<string, readonly [string, number]>> = {
  refused: ['', 255],
  noshell: ['', 127],
  norepo: ['', 1],
  empty: ['annex.uuid=\\ncore.gcrypt-id=', 0],
  good: [`annex.uuid=${uuid}\\ncore.gcrypt-id=`, 0],
  banner: [`Welcome home\\nannex.uuid=${uuid}\\ncore.gcrypt-id=`, 0],
  garbage: ['hello world', 0],
  nothing: ['', 0],
  late: [`annex.uuid=${uuid}`, 1],
  url: [`annex.uuid=${uuid}\\nannex.url=${annexUrl}`, 0],
};

const config = (...lines: readonly string[]): readonly [number, string] => [
  200,
  ['[annex]', ...lines].join('\n\t'),
];

/** By name: what the web server answers for the configuration. */
const webAnswers: Readonly<Record<string, readonly [status: number, text: string]>> = {
  wgood: config(`uuid = ${uuid}`),
  wurl: config(`uuid = ${uuid}`, `url = ${annexUrl}`),
  wurlonly: config(`url = ${annexUrl}`),
  wbadurl: config(`uuid = ${uuid}`, 'url = ftp://127.0.0.1:9/'),
  wplain: [200, '[core]\n\tbare = true\n'],
  wempty: [200, ''],
  whtml: [200, '<html>hello</html>'],
  wnone: [404, 'none'],
  wforbidden: [403, 'no'],
  wunknown: [401, 'who?'],
  wbroken: [500, 'oh'],
  wmoved: [302, ''],
};

/** Where a server may answer otherwise soon, git-annex ignores the remote for good (differences.md, `discovery-later`). */
const askedAgain: ReadonlySet<string> = new Set(['wunknown', 'wbroken', 'wmoved', 'wcut', 'waway']);

let web: Server;

beforeAll(async () => {
  web = createServer((request, response) => answer(request.url ?? '', response));
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
});

afterAll(() => {
  web.closeAllConnections();
  web.close();
});

function answer(path: string, response: ServerResponse): void {
  const name = /^\/(\w+)\.git\/config$/.exec(path)?.[1] ?? '';
  if (name === 'wcut') {
    response.writeHead(200, { 'Content-Length': '1000' });
    response.write('[annex]\n', () => response.destroy());
    return;
  }
  const [status, text] = webAnswers[name] ?? [404, ''];
  const location = status === 302 ? { Location: '/wgood.git/config' } : {};
  response.writeHead(status, { 'WWW-Authenticate': 'Basic realm="x"', ...location });
  response.end(text);
}

const ssh = (): string => {
  const cases = Object.entries(sshAnswers).map(
    ([host, [text, status]]) => `${host}) printf '${text === '' ? '' : `${text}\\n`}'; exit ${status};;`,
  );
  // The host stands first, or behind an option.
  return `#!/bin/sh\nfor word; do case "$word" in\n${cases.join('\n')}\nesac; done\nexit 255\n`;
};

async function makeRepository(dir: string, name: string): Promise<string> {
  const { port } = web.address() as AddressInfo;
  const away = 'http://127.0.0.1:1/x.git';
  const urls = [
    ...Object.keys(sshAnswers).map((host) => [host, `ssh://${host}/srv/x`]),
    ...[...Object.keys(webAnswers), 'wcut'].map((page) => [page, `http://127.0.0.1:${port}/${page}.git`]),
    ['scp', 'good:srv/x'],
    ['ignored', 'ssh://good/srv/x'],
    ['waway', away],
  ];
  const lines = urls.map(([remote, url]) => `[remote "${remote}"]\n\turl = ${url}\n`);
  const more = [
    `[remote "ignored"]\n\tannex-ignore = true\n`,
    `[remote "wurl2"]\n\turl = http://127.0.0.1:${port}/wurl.git\n\tannexUrl = ${annexUrl}kept/\n`,
    `[annex "security"]\n\tallowed-ip-addresses = all\n`,
  ];
  await runIn(dir, ['bash', '-ec', `git init -q ${name}; cd ${name}; git annex init x`]);
  const repository = join(dir, name);
  await writeFile(join(repository, '.git/config'), [...lines, ...more].join(''), { flag: 'a' });
  return repository;
}

/** Of each remote, what the configuration has beside its URL. */
async function noted(repository: string): Promise<Readonly<Record<string, readonly string[]>>> {
  const { stdout } = await runIn(repository, ['git', 'config', '--get-regexp', '^remote\\..*\\.annex']);
  const found: Record<string, string[]> = {};
  for (const line of stdout.trim().split('\n')) {
    const [, name = '', setting = ''] = /^remote\.([^.]*)\.(.*)$/.exec(line) ?? [];
    if (!setting.startsWith('annex-bare')) (found[name] ??= []).push(setting);
  }
  return found;
}

describe.each(releases())('beside git-annex of the $name release', (release) => {
  test('remotes without a UUID are asked, and what they say is noted', { timeout: 60_000 }, async () => {
    await withTempDir(async (dir) => {
      const program = join(dir, 'fake-ssh');
      await writeFile(program, ssh(), { mode: 0o755 });
      const env = { GIT_ANNEX_USE_GIT_SSH: '1', GIT_SSH: program, GIT_ASKPASS: 'false' };
      const [theirs, ours] = [await makeRepository(dir, 'theirs'), await makeRepository(dir, 'ours')];
      await runIn(theirs, ['git-annex', 'info', '--fast'], { release, env });
      const run = [process.execPath, annexusProgram, 'updatecluster'];
      const { stderr } = await runIn(ours, run, { release, env });
      const expected = { ...(await noted(theirs)) };
      const { wmoved, ...given } = Object.fromEntries([...askedAgain].map((name) => [name, expected[name]]));
      expect(wmoved).toEqual([`annex-uuid ${uuid}`]);
      for (const settings of Object.values(given)) expect(settings).toContain('annex-ignore true');
      for (const [name, settings] of Object.entries(expected)) {
        const isOwn = settings.includes('annex-ignore true') && name !== 'ignored';
        // The stable release does not say that it was itself.
        if (isOwn && release.name === 'stable') expected[name] = [...settings, 'annex-ignore-auto true'];
      }
      for (const name of askedAgain) delete expected[name];
      // What the operator says of where the annex is goes before what the server says (`discovery-annex-url`).
      expect(expected['wurl2']).toContain(`annexurl ${annexUrl}`);
      expected['wurl2'] = [`annexurl ${annexUrl}kept/`, `annex-uuid ${uuid}`];
      expect(await noted(ours)).toEqual(expected);
      for (const name of askedAgain)
        expect(stderr).toContain(`the remote ${name} cannot be asked for its UUID`);
      expect(stderr).toMatch(/the remote noshell is not usable by git-annex, so annex-ignore is set: .*127/);
      expect(stderr).not.toContain('the remote wgood');
    });
  });
});

// Who may do what over annex+http: real `git annex p2phttp` and Annexus, started with the same options over the same
// repository, are asked the same by everybody. Nothing is changed by what is asked: the key is in nobody's possession.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { annexusProgram, releases, runIn, startIn, withTempDir, type Running } from '../support/git-annex.ts';
import { ask, RawConnection } from '../support/raw-http.ts';
import { freePort } from '../support/free-port.ts';

const modes = [
  [],
  ['--unauth-readonly'],
  ['--unauth-readonly', '--unauth-nolocking'],
  ['--unauth-appendonly'],
  ['--unauth-appendonly', '--unauth-nolocking'],
  ['--unauth-nolocking'],
  ['--wideopen'],
  ['--wideopen', '--unauth-nolocking'],
  ['--authenv-http'],
  ['--authenv-http', '--unauth-readonly'],
  ['--authenv-http', '--unauth-readonly', '--unauth-nolocking'],
  ['--authenv-http', '--unauth-appendonly'],
  ['--authenv-http', '--wideopen'],
] as const;

const passwords = { ro: randomBytes(9).toString('hex'), ao: 'p:w', rw: 'käse' };
const env = {
  GIT_ANNEX_P2PHTTP_PASSWORD_ro: passwords.ro,
  GIT_ANNEX_P2PHTTP_PERMISSIONS_ro: 'readonly',
  GIT_ANNEX_P2PHTTP_PASSWORD_ao: passwords.ao,
  GIT_ANNEX_P2PHTTP_PERMISSIONS_ao: 'appendonly',
  GIT_ANNEX_P2PHTTP_PASSWORD_rw: passwords.rw,
};

const askers: Readonly<Record<string, string | undefined>> = {
  nobody: undefined,
  'a readonly user': basic(`ro:${passwords.ro}`),
  'an appendonly user': basic(`ao:${passwords.ao}`),
  'a user': basic(`rw:${passwords.rw}`),
  'a user with a bad password': basic('rw:guess'),
  'a user with no password': basic('rw:'),
  'a user without colon': basic('rw'),
  "a user with another's password": basic(`rw:${passwords.ro}`),
  'an unknown user': basic('who:knows'),
  'a bearer': 'Bearer abc',
  'bad base64': 'Basic a$b',
};

const key = 'SHA256-s5--0123456789012345678901234567890123456789012345678901234567890123';
const query = `key=${key}&clientuuid=11111111-2222-4333-8444-555555555555`;
const requests: Readonly<Record<string, readonly [method: string, path: string]>> = {
  checkpresent: ['POST', `v4/checkpresent?${query}`],
  gettimestamp: ['POST', `v4/gettimestamp?${query}`],
  putoffset: ['POST', `v4/putoffset?${query}`],
  remove: ['POST', `v4/remove?${query}`],
  'remove-before': ['POST', `v4/remove-before?${query}&timestamp=1`],
  lockcontent: ['POST', `v4/lockcontent?${query}`],
  'a version that is not': ['POST', `v9/remove?${query}`],
  'no key': ['POST', 'v4/remove?clientuuid=c'],
};

test.each(modes.map((mode) => ({ mode, name: mode.join(' ') || 'no option' })))('$name', async ({ mode }) => {
  await withTempDir(async (dir) => {
    const release = releases()[1]!;
    const repository = join(dir, 'served');
    await runIn(dir, ['git', 'init', '--quiet', repository], { release });
    await runIn(repository, ['git', 'annex', 'init', 'served'], { release });
    const uuid = (await runIn(repository, ['git', 'config', 'annex.uuid'], { release })).stdout.trim();
    const serve = async (argv: readonly string[]): Promise<Running & { readonly port: number }> => {
      const port = await freePort();
      const options = ['p2phttp', '--bind', '127.0.0.1', '--port', `${port}`, ...mode];
      const running = startIn(repository, [...argv, ...options], { release, env });
      await untilListening(port);
      return { ...running, port };
    };
    await using theirs = await serve(['git-annex', '-J4']);
    await using ours = await serve([process.execPath, annexusProgram]);
    const tell = async (port: number): Promise<Record<string, string>> => {
      const told: Record<string, string> = {};
      for (const [who, authorization] of Object.entries(askers)) {
        for (const [what, [method, path]] of Object.entries(requests)) {
          const headers = authorization === undefined ? {} : { Authorization: authorization };
          const reply = await ask(port, { method, path: `/git-annex/${uuid}/${path}`, headers });
          told[`${who}: ${what}`] = `${reply.status} ${reply.headers['www-authenticate'] ?? ''}`.trim();
        }
      }
      return told;
    };
    const [expected, found] = [await tell(theirs.port), await tell(ours.port)];
    // `http-unknown-version`: 404, on which clients fall back to a lower one.
    for (const name of Object.keys(expected)) {
      if (name.endsWith(': a version that is not') && expected[name] === '400') expected[name] = '404';
    }
    expect(found).toEqual(expected);
  });
});

/** In the alphabet that git-annex takes. */
function basic(text: string): string {
  return `Basic ${Buffer.from(text).toString('base64').replaceAll('+', '-').replaceAll('/', '_')}`;
}

async function untilListening(port: number): Promise<void> {
  for (let left = 400; ; left--) {
    try {
      (await RawConnection.open(port)).close();
      return;
    } catch (error) {
      if (left === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withTempDir } from '../../test/support/git-annex.ts';
import { runCommandLine } from './command-line.ts';

interface Printed {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

async function annexus(...argv: string[]): Promise<Printed> {
  let out = '';
  let err = '';
  const status = await runCommandLine(argv, {
    out: (text) => void (out += String(text)),
    err: (text) => void (err += text),
    isOutputGone: () => false,
    isOutputTerminal: false,
    input: () => (async function* () {})(),
    cwd: '/',
    env: {},
  });
  return { status, out, err };
}

test('tokens are made, listed and revoked', async () => {
  await withTempDir(async (dir) => {
    const file = ['--file', join(dir, 'tokens')];
    const options = ['--repository', 'lab/*', '--repository', 'x', '--expires', '30d'];
    const made = await annexus('token', 'create', '--user', 'ann', '--scope', 'append', ...options, ...file);
    expect(made).toMatchObject({ status: 0, out: expect.stringMatching(/^annexus_[\w-]{43}\n$/) as string });
    const second = await annexus('token', 'create', '--user', 'ci', '--scope', 'read', '--json', ...file);
    const { id, token } = JSON.parse(second.out) as { id: string; token: string };
    expect([token.length, second.err]).toEqual([51, '']);

    const listed = await annexus('token', 'list', ...file);
    expect(listed.out).toMatch(
      /^[0-9a-f]{12} {2}ann {2}append {2}lab\/\* x {2}until \d{4}-.*\n[0-9a-f]{12} {2}ci {2}read {2}everywhere {2}for ever\n$/,
    );
    expect(await annexus('token', 'revoke', id, ...file)).toMatchObject({
      status: 0,
      out: `revoked ${id}\n`,
    });
    const left = (await annexus('token', 'list', '--json', ...file)).out;
    expect(JSON.parse(left)).toMatchObject({ user: 'ann', scope: 'append', repositories: ['lab/*', 'x'] });
    expect(left).not.toContain('sha256');
    const { created, expires } = JSON.parse(left) as { created: string; expires: string };
    expect(Date.parse(expires) - Date.parse(created)).toBe(30 * 24 * 3600 * 1000);
  });
});

test.each([
  [['create', '--scope', 'read'], "required option '--user <name>' not specified"],
  [['create', '--user', 'a'], "required option '--scope <role>' not specified"],
  [['create', '--user', 'a', '--scope', 'owner'], 'Allowed choices are read, append, write, admin.'],
  [
    ['create', '--user', 'a', '--scope', 'read', '--expires', 'soon'],
    'a number with m, h, d, w or y is wanted',
  ],
  [['create', '--user', 'a', '--scope', 'read', '--repository', '[[:x'], 'bad character class in glob'],
  [['create', '--user', 'authenticated', '--scope', 'read'], '"authenticated" has a meaning of its own'],
  [['revoke', 'abc'], 'has no token "abc"'],
  [['revoke'], "missing required argument 'id'"],
])('a wrong word is said, and nothing is made: %j', async (argv, reason) => {
  await withTempDir(async (dir) => {
    const file = join(dir, 'tokens');
    const { status, err, out } = await annexus('token', ...argv, '--file', file);
    expect([status, out]).toEqual([1, '']);
    expect(err).toMatch(/^annexus: .*\n$/);
    expect(err).toContain(reason);
    expect(await readFile(file, 'utf8').catch(() => '')).toBe('');
  });
});

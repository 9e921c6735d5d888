// The same words said to real git-annex-shell of both releases and to `annexus shell`, each in a copy of one repository:
// what comes back over the wire is the same byte for byte, but for the differences that are named.
import { createHash } from 'node:crypto';
import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { annexusProgram, releases, runIn, withTempDir, type Ran } from '../support/git-annex.ts';
import { latestRelease } from './scenario/world.ts';

const keyOf = (content: string): string =>
  `SHA256-s${content.length}--${createHash('sha256').update(content).digest('hex')}`;
/** Present, absent, and one that no hash can verify. */
const [foo, bar, worm] = [keyOf('foo'), keyOf('bar'), 'WORM-s3-m1--w'];

interface Row {
  readonly name: string;
  readonly said: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What Annexus answers after AUTH-SUCCESS, where it is not what git-annex answers, and the name of the difference. */
  readonly ours?: readonly [difference: string, answer: string];
}

const readOnly = { GIT_ANNEX_SHELL_READONLY: '1' };
const appendOnly = { GIT_ANNEX_SHELL_APPENDONLY: '1' };

const rows: readonly Row[] = [
  { name: 'nothing', said: '' },
  { name: 'versions', said: 'VERSION 9\nVERSION 0\nVERSION 2\nVERSION 1 2\n' },
  { name: 'a negative version', said: 'VERSION -1\n', ours: ['p2p-negative-version', 'VERSION 0\n'] },
  {
    name: 'lines that make no sense',
    said: `FOO\n\nCHECKPRESENT x\nGET 0 /a ${foo}\nUNLOCKCONTENT ${foo}\nVERSION 1\n`,
  },
  {
    name: 'messages out of place',
    said: 'AUTH a b\nAUTH-SUCCESS x\nSUCCESS\nDATA 3\nTIMESTAMP 3\nVALID\nCHANGED\nDATA-PRESENT\nALREADY-HAVE\nUNLOCKCONTENT\n',
  },
  { name: 'ERROR', said: `ERROR x\nCHECKPRESENT ${foo}\n` },
  { name: 'presence', said: `CHECKPRESENT ${foo}\nCHECKPRESENT ${bar}\nBYPASS a b\nCHECKPRESENT ${worm}\n` },
  {
    name: 'GET',
    said: `VERSION 4\nGET 0 a%%b ${foo}\nSUCCESS\nGET 1  ${foo}\nFAILURE\nGET 3  ${foo}\nSUCCESS\n`,
  },
  { name: 'GET past the end', said: `VERSION 4\nGET 7  ${foo}\nSUCCESS\nCHECKPRESENT ${foo}\n` },
  { name: 'GET of what is absent', said: `VERSION 4\nGET 0  ${bar}\nFAILURE\nCHECKPRESENT ${foo}\n` },
  { name: 'GET in version 0', said: `GET 0  ${foo}\nSUCCESS\nGET 0  ${bar}\nFAILURE\nCHECKPRESENT ${foo}\n` },
  ...['FOO', 'ERROR x', 'SUCCESS-PLUS a', `CHECKPRESENT ${foo}`].map((line) => ({
    name: `GET, then ${line}`,
    said: `VERSION 4\nGET 0  ${foo}\n${line}\nCHECKPRESENT ${bar}\n`,
  })),
  ...[0, 1, 2, 3, 4].map((version) => ({
    name: `PUT in version ${version}`,
    said: `VERSION ${version}\nPUT sub/x ${bar}\nDATA 3\nbar${version > 0 ? 'VALID\n' : ''}PUT  ${bar}\nCHECKPRESENT ${bar}\n`,
  })),
  {
    name: 'PUT of wrong, unfinished and no content',
    said: `VERSION 4\nPUT  ${bar}\nDATA 3\nxxxVALID\nPUT  ${bar}\nDATA 0\nINVALID\nPUT  ${bar}\nDATA 3\nbarINVALID\nCHECKPRESENT ${bar}\n`,
  },
  {
    name: 'PUT of unverifiable content',
    said: `VERSION 4\nPUT  ${worm}\nDATA 3\nabcVALID\nCHECKPRESENT ${worm}\n`,
  },
  ...['FOO', 'ERROR x', 'SUCCESS', 'DATA-PRESENT'].map((line) => ({
    name: `PUT, then ${line}`,
    said: `VERSION 4\nPUT  ${bar}\n${line}\nCHECKPRESENT ${foo}\n`,
  })),
  { name: 'DATA-PRESENT in version 3', said: `VERSION 3\nPUT  ${bar}\nDATA-PRESENT\nCHECKPRESENT ${foo}\n` },
  {
    name: 'something else in place of VALID',
    said: `VERSION 4\nPUT  ${bar}\nDATA 3\nbarFOO\nCHECKPRESENT ${bar}\n`,
    ours: ['p2p-no-validity', 'VERSION 4\nPUT-FROM 0\nERROR expected VALID or INVALID\nFAILURE\n'],
  },
  {
    name: 'removal',
    said: `VERSION 4\nREMOVE-BEFORE 1 ${foo}\nREMOVE-BEFORE 99999999999 ${foo}\nREMOVE ${foo}\nREMOVE-BEFORE 1 ${foo}\nCHECKPRESENT ${foo}\n`,
  },
  { name: 'removal in version 0', said: `REMOVE-BEFORE 1 ${foo}\nREMOVE ${foo}\nCHECKPRESENT ${foo}\n` },
  {
    name: 'a lock',
    said: `VERSION 4\nLOCKCONTENT ${bar}\nLOCKCONTENT ${foo}\nUNLOCKCONTENT\nREMOVE ${foo}\n`,
  },
  ...['FOO', 'ERROR x', `CHECKPRESENT ${foo}`].map((line) => ({
    name: `a lock, then ${line}`,
    said: `VERSION 4\nLOCKCONTENT ${foo}\n${line}\nUNLOCKCONTENT\nCHECKPRESENT ${foo}\n`,
  })),
  {
    name: 'read-only',
    env: readOnly,
    said: `VERSION 4\nPUT  ${bar}\nREMOVE ${foo}\nREMOVE-BEFORE 1 ${foo}\nLOCKCONTENT ${foo}\nUNLOCKCONTENT\nCHECKPRESENT ${foo}\nCONNECT git-receive-pack\nCHECKPRESENT ${foo}\n`,
  },
  {
    name: 'append-only',
    env: appendOnly,
    said: `VERSION 4\nPUT  ${bar}\nDATA 3\nbarVALID\nREMOVE ${bar}\nREMOVE-BEFORE 1 ${bar}\nCONNECT git-receive-pack\n`,
  },
  { name: 'read-only wins', env: { ...readOnly, ...appendOnly }, said: `VERSION 4\nPUT  ${bar}\n` },
  {
    name: 'CONNECT',
    said: `VERSION 4\nCONNECT git-upload-pack\nCHECKPRESENT ${foo}\n`,
    ours: ['p2p-git-side', 'VERSION 4\nERROR relaying to git not supported on this connection\n'],
  },
  {
    name: 'NOTIFYCHANGE',
    said: `VERSION 4\nNOTIFYCHANGE\nCHECKPRESENT ${foo}\n`,
    ours: ['p2p-git-side', 'VERSION 4\nERROR change notification not available\nSUCCESS\n'],
  },
  { name: 'half a line', said: `VERSION 4\nCHECKPRESENT ${foo}` },
  { name: 'a line without end', said: `VERSION 4\n${'x'.repeat(40_000)}\nVERSION 4\n` },
];

test('git-annex and annexus say the same', { timeout: 240_000 }, async () => {
  await withTempDir(async (dir) => {
    const release = latestRelease();
    const original = join(dir, 'original');
    await runIn(dir, ['git', 'init', '--quiet', original], { release });
    await writeFile(join(original, 'foo'), 'foo');
    const script = 'git annex init original; git annex add --backend SHA256 foo; git commit -m foo';
    await runIn(original, ['bash', '-ec', script], { release });
    const uuid = (await runIn(original, ['git', 'config', 'annex.uuid'])).stdout.trim();
    let copies = 0;
    const hear = async (row: Row, argv: readonly string[], binDir?: string): Promise<string> => {
      const repository = join(dir, `copy${copies++}`);
      await cp(original, repository, { recursive: true, verbatimSymlinks: true });
      const env = {
        ...row.env,
        ...(binDir === undefined ? {} : { PATH: `${binDir}:${process.env['PATH']}` }),
      };
      const words = [...argv, 'p2pstdio', repository, '11111111-1111-4111-8111-111111111111', '--uuid', uuid];
      const ran: Ran = await runIn(dir, words, { env, input: row.said, allow: 'any', timeoutMs: 20_000 });
      return ran.stdout;
    };
    const differing: Record<string, unknown> = {};
    for (const row of rows) {
      const [ours, ...theirs] = await Promise.all([
        hear(row, [process.execPath, annexusProgram, 'shell']),
        ...releases().map(({ binDir }) => hear(row, ['git-annex-shell'], binDir)),
      ]);
      const expected = row.ours === undefined ? theirs[0] : `AUTH-SUCCESS ${uuid}\n${row.ours[1]}`;
      const isSame = theirs.every((answer) => (answer === ours) === (row.ours === undefined));
      if (ours !== expected || !isSame) differing[row.name] = { ours, theirs };
    }
    expect(differing).toEqual({});
  });
});

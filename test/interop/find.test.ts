// find beside real git-annex of both releases in one repository: the same files in the same order and the same exit status,
// for random combinations of the matching options and for each way to choose files and to print them.
// `npm run soak -- find` tries more combinations.
import { mkdtemp, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCommandLine } from '../../src/cli/command-line.ts';
import {
  annexusProgram,
  cleanEnvironment,
  releases,
  removeTree,
  runIn,
  type Release,
} from '../support/git-annex.ts';
import { makeMatchingRepository, randomFind } from './scenario/matching-options.ts';
import { writeEvidence } from './scenario/evidence.ts';
import { interopSeed, randomFrom } from './scenario/random.ts';

const soak = Number(process.env['ANNEXUS_SOAK_FINDS'] ?? 0);
const tries = soak === 0 ? 24 : soak;

let dir: string;
let repository: string;
const [stable, latest] = releases() as [Release, Release];

beforeAll(async () => {
  // Annexus runs in this process, and so do its gits.
  Object.assign(process.env, cleanEnvironment());
  dir = await realpath(await mkdtemp(join(tmpdir(), 'annexus-find-')));
  repository = await makeMatchingRepository(dir, latest);
});

afterAll(async () => {
  await removeTree(dir);
});

interface Answer {
  readonly stdout: string;
  readonly exitCode: number;
}

/** Names need not be UTF-8: a character stands for a byte. */
async function annexus(words: readonly string[], cwd: string = repository): Promise<Answer> {
  let stdout = '';
  const exitCode = await runCommandLine(words, {
    out: (text) => {
      stdout += Buffer.from(text).toString('latin1');
    },
    err: () => undefined,
    isOutputGone: () => false,
    isOutputTerminal: false,
    input: async function* () {},
    cwd,
    env: {},
  });
  return { stdout, exitCode };
}

async function gitAnnex(
  release: Release,
  words: readonly string[],
  cwd: string = repository,
): Promise<Answer> {
  const script = '"$@" | iconv -f latin1 -t utf8; exit ${PIPESTATUS[0]}';
  const argv = ['bash', '-c', script, 'bash', 'git-annex', ...words];
  const { stdout, exitCode } = await runIn(cwd, argv, { release, allow: 'any', timeoutMs: 20_000 });
  return { stdout, exitCode };
}

test(`${tries} random combinations of matching options`, { timeout: 60_000 + tries * 2000 }, async () => {
  const random = randomFrom(interopSeed);
  let found = 0;
  const tryOne = async (release: Release): Promise<void> => {
    const words = ['find', ...randomFind(random, { withNewest: release === latest })];
    const [ours, theirs] = await Promise.all([annexus(words), gitAnnex(release, words)]);
    expect(ours, `seed ${interopSeed}: ${words.join(' ')}`).toEqual(theirs);
    found += ours.stdout.split(/[\n\0]/).length - 1;
  };
  for (let index = 0; index < tries; index++) await tryOne(index % 2 === 0 ? latest : stable);
  // They are not all empty.
  expect(found).toBeGreaterThan(tries * 2);
  if (soak > 0) await writeEvidence('find', { seed: interopSeed, combinations: tries, 'files found': found });
});

test('each way to choose files and to print them', async () => {
  const format = ['--format=${file;-10}|${key}|${backend}|${keyname}|${hashdirlower}|${hashdirmixed}|'];
  const escapes = [
    '--format=\\t\\000\\x41\\101\\777\\v\\q\\\\ \\8 ${none}${;3} $ ${mtime} ${humansize;9} ${open',
  ];
  const lines: readonly (readonly string[])[] = [
    [],
    ['--anything', '--json'],
    ['--print0'],
    ['--anything', ...format],
    ['--anything', ...escapes],
    ['--time-limit=0s'],
    ['--size-limit=1kb', '--anything'],
    ['--in=nosuch'],
    ['--copies=x'],
    ['--largerthan=x'],
    ['--accessedwithin=3x'],
    ['--branch=nosuch'],
    ['--branch=HEAD', 'f1.dat'],
    ['nosuch', 'f1.dat', '--json'],
    ['--print0', '--format=x'],
    ['--not'],
    ['--or'],
  ];
  for (const words of lines) {
    const [ours, theirs] = await Promise.all([
      annexus(['find', ...words]),
      gitAnnex(latest, ['find', ...words]),
    ]);
    expect({ words, ...ours }).toEqual({ words, ...theirs });
  }
  const sub = join(repository, 'sub');
  for (const words of [[], ['..'], ['--include=../f*', '..'], ['--includesamecontent=../f1.dat', '--json']]) {
    const [ours, theirs] = await Promise.all([
      annexus(['find', ...words], sub),
      gitAnnex(latest, ['find', ...words], sub),
    ]);
    expect({ words, ...ours }).toEqual({ words, ...theirs });
  }
});

test('--batch answers each line', async () => {
  const input = 'f1.dat\nnosuch\nsub\n\n./sub/s1.mp3\n.gitattributes\n../r/f1.dat\n../outside\nf7.dat';
  for (const words of [[], ['--json'], ['--not', '--copies=2'], ['--anything', '--print0'], ['-z']]) {
    const all = ['find', '--batch', ...words];
    const options = { release: latest, input: words.includes('-z') ? input.replaceAll('\n', '\0') : input };
    const ours = await runIn(repository, [process.execPath, annexusProgram, ...all], options);
    const theirs = await runIn(repository, ['git-annex', ...all], options);
    expect({ words, stdout: ours.stdout }).toEqual({ words, stdout: theirs.stdout });
  }
});

test('whereis takes the same options', async () => {
  for (const words of [
    ['--not', '--copies=2'],
    ['--branch=HEAD:sub'],
    ['--all', '--in=d3'],
    ['--all', '--locked'],
  ]) {
    const [ours, theirs] = await Promise.all([
      annexus(['whereis', ...words]),
      gitAnnex(latest, ['whereis', ...words]),
    ]);
    const sorted = (answer: Answer): unknown => ({ ...answer, stdout: answer.stdout.split('\n').sort() });
    expect({ words, ours: sorted(ours) }).toEqual({ words, ours: sorted(theirs) });
  }
});

test('explain judges as --want-get-by and --want-drop-by do', async () => {
  const files = (await annexus(['find', '--anything'])).stdout.split('\n').filter((name) => isPlain(name));
  const judged = new Map<string, string[]>();
  for (const file of files) {
    const { repositories } = JSON.parse((await annexus(['explain', '--json', file])).stdout) as Explained;
    for (const { drop, get, uuid } of repositories) {
      for (const [what, { value }] of [['get', get] as const, ['drop', drop] as const]) {
        const name = `--want-${what}-by=${uuid}`;
        judged.set(name, [...(judged.get(name) ?? []), ...(value ? [file] : [])]);
      }
    }
  }
  expect(judged.size).toBe(8);
  for (const [option, found] of judged) {
    const { stdout } = await gitAnnex(latest, ['find', option]);
    expect({ option, found }).toEqual({ option, found: stdout.split('\n').filter((name) => isPlain(name)) });
  }
  expect((await annexus(['explain', 'sub/s1.mp3', 'here'])).exitCode).toBe(0);
  expect((await annexus(['explain', 'sub/s1.mp3', 'd3'])).exitCode).toBe(1);
  expect((await annexus(['explain', 'sub/s1.mp3', 'd3'])).stdout).toContain('not stable: not present');
});

interface Explained {
  readonly repositories: readonly {
    readonly uuid: string;
    readonly get: { readonly value: boolean };
    readonly drop: { readonly value: boolean };
  }[];
}

function isPlain(name: string): boolean {
  return /^[\w./]+$/.test(name);
}

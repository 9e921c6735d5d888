// The same command lines in two copies of one gateway, by real git-annex in one and by ours in the other: they must print
// the same, end the same, and leave the same in the git-annex branch, times aside.
import { cp, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { runCommandLine } from '../../../src/cli/command-line.ts';
import { parseJournalFile } from '../../../src/logs/branch-path.ts';
import { cleanEnvironment, runIn, withTempDir, type Release } from '../../support/git-annex.ts';

/** Words of a command line. */
export type Step = readonly string[];

/** A gateway with a cluster, remotes with and without UUIDs, and repositories that are known by description only. */
async function makeGateway(dir: string, release: Release): Promise<void> {
  const script = `
    export GIT_TEMPLATE_DIR=
    for r in r5 gw; do git init -q $r; git -C $r annex init -q gateway; done; cd gw
    uuid() { echo 0000000$1-0000-4000-8000-000000000000; }
    { git show git-annex:uuid.log; echo "$(uuid 1) first timestamp=1s"; echo "$(uuid 2) second ü timestamp=1s"
      echo "$(uuid 3) same timestamp=1s"; echo "$(uuid 4) same timestamp=1s"; } > uuid.log
    mv uuid.log .git/annex/journal/
    for n in 1 2; do git remote add r$n ssh://localhost/r$n; git config remote.r$n.annex-uuid $(uuid $n)
      git config remote.r$n.annex-cluster-node c; done
    git remote add away ssh://localhost/nosuch; git config remote.away.annex-ignore true
    git config remote.mere.annex-cost 200; git remote add r5 ../r5
    git annex initcluster -q c; git annex updatecluster -q
    mkdir d e; echo a > a; echo b > b; echo c > 'd/c c'; echo x > 'e/ä'; git annex add -q a b d e
    echo plain > plain; git add plain; git commit -qm files; git annex drop -q --force b`;
  await runIn(dir, ['bash', '-ec', script], { release });
}

interface RunOptions {
  readonly release: Release;
  readonly env?: Readonly<Record<string, string>>;
  /** Standard input. */
  readonly input?: string;
}

interface Ended {
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
  readonly exitCode: number;
}

async function theirs(step: Step, at: string, options: RunOptions): Promise<Ended> {
  const { release, env = {}, input = '' } = options;
  const ran = await runIn(at, ['git-annex', ...step], { release, allow: [0, 1], env, input });
  return {
    stdout: linesOf(ran.stdout).filter((line) => !/^\((?:recording|merging) /.test(line)),
    stderr: linesOf(ran.stderr.replace(/^Usage: [^]*/m, '')).map((line) => line.replace(/^git-annex: /, '')),
    exitCode: ran.exitCode,
  };
}

async function ours(step: Step, at: string, { release, env = {}, input = '' }: RunOptions): Promise<Ended> {
  const environment = cleanEnvironment({ release, env });
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const [stdout, stderr]: [Buffer[], string[]] = [[], []];
  const exitCode = await runCommandLine(step, {
    out: (text) => void stdout.push(Buffer.from(text)),
    err: (text) => void stderr.push(text),
    isOutputGone: () => false,
    isOutputTerminal: false,
    input: async function* () {
      yield await Promise.resolve(Buffer.from(input));
    },
    cwd: at,
    env: environment,
  });
  // Ours says where in the expression it is wrong, and what is doubtful about one that is not.
  const told = linesOf(stderr.join(''))
    .map((line) => line.replace(/^annexus: /, '').replace(/ \((?:in "[^"]*", )?at character \d+\)/g, ''))
    .map((line) => line.replaceAll('; Parse failure', ' Parse failure'))
    .filter((line) => !/^ {2}(?:preferred|required|standard|groupwanted) (?:content |counts )/.test(line));
  return { stdout: linesOf(Buffer.concat(stdout).toString()), stderr: told, exitCode };
}

function linesOf(text: string): string[] {
  return text
    .replaceAll(/\d{4}-\d\d-\d\d@\d\d-\d\d-\d\d/g, 'TIME')
    .split('\n')
    .filter((line) => line !== '');
}

/** All that was changed, without times. With `annex.alwayscommit` off it waits in the journal. */
async function recorded(at: string): Promise<Readonly<Record<string, readonly string[]>>> {
  const journal = join(at, '.git', 'annex', 'journal');
  const files = (await readdir(journal)).sort().map(async (name) => {
    const content = await readFile(join(journal, name), 'utf8');
    return [parseJournalFile(name), content.split('\n').map(withoutTime).sort()] as const;
  });
  return Object.fromEntries(await Promise.all(files));
}

/** The same, once it is in the branch. */
async function committed(at: string): Promise<readonly string[]> {
  const { stdout } = await runIn(at, ['git', 'grep', '-a', '-h', '', 'git-annex', '--']);
  return stdout.split('\n').map(withoutTime).sort();
}

function withoutTime(line: string): string {
  return line.replace(/ timestamp=[\d.]+s$/, ' TIME').replace(/^[\d.]+s/, 'TIME');
}

export interface Twins {
  /** Where git-annex's commands run. */
  readonly theirs: string;
  readonly ours: string;
  readonly release: Release;
}

/** Two copies of one gateway. At the end all that was done is committed, and the branches compared. */
export async function withTwins(release: Release, body: (twins: Twins) => Promise<void>): Promise<void> {
  await withTempDir(async (dir) => {
    const copies = ['theirs', 'ours'].map((name) => join(dir, name));
    await makeGateway(dir, release);
    const [one = '', other = ''] = copies;
    for (const copy of copies)
      for (const name of ['gw', 'r5'])
        await cp(join(dir, name), join(copy, name), { recursive: true, verbatimSymlinks: true });
    const twins = { theirs: join(one, 'gw'), ours: join(other, 'gw'), release };
    await configure(twins, 'annex.alwayscommit', 'false');
    await body(twins);
    // The last change is committed with all the others.
    for (const at of [twins.theirs, twins.ours])
      await runIn(at, ['git', 'config', '--unset', 'annex.alwayscommit']);
    const last = await bothDo(['describe', 'r5', 'last'], twins);
    expect(last.ours).toEqual(last.theirs);
    expect(await recorded(twins.ours)).toEqual({});
    expect(await committed(twins.ours)).toEqual(await committed(twins.theirs));
  });
}

export interface Done {
  readonly theirs: object;
  readonly ours: object;
}

/** Runs a command line in both: how each ended, what it printed, and what it left. */
export async function bothDo(
  step: Step,
  twins: Twins,
  options: (at: string) => Omit<RunOptions, 'release'> = () => ({}),
): Promise<Done> {
  const { release } = twins;
  const [wanted, found] = await Promise.all([
    theirs(step, twins.theirs, { ...options(twins.theirs), release }),
    ours(step, twins.ours, { ...options(twins.ours), release }),
  ]);
  const [left, right] = await Promise.all([recorded(twins.theirs), recorded(twins.ours)]);
  return {
    theirs: { step, ...wanted, recorded: left },
    ours: { step, ...found, recorded: right },
  };
}

/** Sets a key of git's configuration in both. */
export async function configure(twins: Twins, name: string, value: string): Promise<void> {
  for (const at of [twins.theirs, twins.ours]) await runIn(at, ['git', 'config', name, value]);
}

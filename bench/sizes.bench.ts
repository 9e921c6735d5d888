// What it costs to know the sizes of repositories: the first time beside git alone (reading all location logs and doing
// nothing with them) and beside git-annex, again in the next process, and after a hundred new keys. `npm run bench -- sizes`
// writes bench/SIZES.md; BENCH_KEYS='1000 2000' takes other numbers of keys, and then no page is written.
import { rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, release as kernel, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { latestRelease } from '../test/interop/scenario/world.ts';
import { bundleProgram } from '../test/support/bundle-program.ts';
import { runIn, startIn, withTempDir } from '../test/support/git-annex.ts';
import { addKeys, makeBranch } from './branch.ts';

const chosen = process.env['BENCH_KEYS'];
const sizes = (chosen ?? '200000 1000000').split(' ').map(Number);
const rounds = Number(process.env['BENCH_ROUNDS'] ?? 3);
const updates = 11;
const pipeline = "git ls-tree -r git-annex | awk '{print $3}' | git cat-file --batch --buffer > /dev/null";

interface Timed {
  readonly seconds: number;
  /** Of the program and all that it started, in user and system mode. */
  readonly cpuSeconds: number;
  readonly stdout: string;
}

interface Figures {
  readonly keys: number;
  readonly git: Timed;
  readonly annexus: Timed;
  readonly gitAnnex: Timed;
  readonly nextProcess: Timed;
  readonly updateMs: number;
  readonly peakMB: number;
}

test('sizes', { timeout: 7_200_000 }, async () => {
  const all: Figures[] = [];
  for (const keys of sizes) all.push(await withTempDir((dir) => measure(dir, keys)));
  expect(all).not.toHaveLength(0);
  const page = format(all);
  process.stdout.write(`\n${page}`);
  if (chosen === undefined) await writeFile(fileURLToPath(new URL('./SIZES.md', import.meta.url)), page);
});

async function measure(dir: string, keys: number): Promise<Figures> {
  await makeBranch(dir, keys);
  const worker = await bundleProgram('time-sizes');
  const look = `${process.execPath} ${worker} < /dev/null`;
  const git: Timed[] = [];
  const annexus: Timed[] = [];
  const nextProcess: Timed[] = [];
  // The first reading also brings the branch into memory.
  await timed(dir, pipeline);
  for (let round = 0; round < rounds; round++) {
    git.push(await timed(dir, pipeline));
    await rm(join(dir, 'annex', 'annexus'), { recursive: true, force: true });
    annexus.push(await timed(dir, look));
    nextProcess.push(await timed(dir, look));
  }
  await rm(join(dir, 'annex', 'reposize'), { recursive: true, force: true });
  const gitAnnex = await timed(dir, 'git annex maxsize --json --bytes');
  const told = JSON.parse(gitAnnex.stdout) as { repositories: { size: { size: number } }[] };
  const bytes = told.repositories.reduce((sum, { size }) => sum + size.size, 0);
  const looked = annexus.map(({ stdout }) => JSON.parse(stdout) as Look);
  for (const each of looked) expect(each.bytes).toBe(String(bytes));
  return {
    keys,
    git: median(git),
    annexus: median(annexus),
    gitAnnex,
    nextProcess: median(nextProcess),
    updateMs: await measureUpdates(dir, worker, keys),
    peakMB: Math.max(...looked.map(({ peakMB }) => peakMB)),
  };
}

interface Look {
  readonly ms: number;
  readonly peakMB: number;
  readonly bytes: string;
}

/** The median look of a process that goes on, after a hundred new keys each. */
async function measureUpdates(dir: string, worker: string, keys: number): Promise<number> {
  await using running = startIn(dir, [process.execPath, worker]);
  const { stdin, stdout } = running.child;
  if (stdin === null || stdout === null) throw new Error('no pipes');
  const lines = createInterface(stdout)[Symbol.asyncIterator]();
  await lines.next();
  const found: number[] = [];
  for (let update = 0; update < updates; update++) {
    await addKeys(dir, { first: keys + update * 100, count: 100 });
    stdin.write('\n');
    const { value } = (await lines.next()) as { value: string };
    found.push((JSON.parse(value) as Look).ms);
  }
  stdin.end();
  await running.ended;
  return found.sort((left, right) => left - right)[(updates - 1) / 2] ?? 0;
}

async function timed(dir: string, command: string): Promise<Timed> {
  const script = `TIMEFORMAT='%R %U %S'; time { ${command}; }`;
  const { stdout, stderr } = await runIn(dir, ['bash', '-c', script], { timeoutMs: 1_800_000 });
  const [seconds = 0, user = 0, system = 0] = (stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
  return { seconds, cpuSeconds: user + system, stdout };
}

function median(runs: readonly Timed[]): Timed {
  const sorted = [...runs].sort((left, right) => left.seconds - right.seconds);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new Error('nothing was measured');
  return middle;
}

function format(all: readonly Figures[]): string {
  const { version } = latestRelease();
  const cells = ({ seconds, cpuSeconds }: Timed): string =>
    `${seconds.toFixed(2)} | ${cpuSeconds.toFixed(2)}`;
  return [
    '# Sizes of repositories',
    '',
    `Written by \`npm run bench -- sizes\` on ${new Date().toISOString().slice(0, 10)}: ${cpus().length} x ` +
      `${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${Math.round(totalmem() / 1e9)} GB, ${type()} ${kernel()}, ` +
      `Node ${process.versions.node}, git-annex ${version}; other work on the machine: load ${loadavg()[0]?.toFixed(1)} at the end.`,
    '',
    `Location logs of keys at three of eight repositories. Git alone is \`${pipeline}\`;`,
    `git-annex is \`git annex maxsize\`. Seconds of time and of processors, programs' starts included; medians of ${rounds} runs that`,
    'alternate, git-annex once. The ratio is that of the times to git alone.',
    '',
    '| keys | program | seconds | processor seconds | ratio |',
    '|--:|---|--:|--:|--:|',
    ...all.flatMap(({ keys, git, annexus, gitAnnex, nextProcess }) => {
      const ratio = ({ seconds }: Timed): string => (seconds / git.seconds).toFixed(2);
      return [
        `| ${keys} | git alone | ${cells(git)} | |`,
        `| ${keys} | Annexus, the first time | ${cells(annexus)} | ${ratio(annexus)} |`,
        `| ${keys} | Annexus, the next process | ${cells(nextProcess)} | ${ratio(nextProcess)} |`,
        `| ${keys} | git-annex, the first time | ${cells(gitAnnex)} | ${ratio(gitAnnex)} |`,
      ];
    }),
    '',
    '| keys | a look after 100 new keys, ms | most memory of the first look, MB |',
    '|--:|--:|--:|',
    ...all.map(({ keys, updateMs, peakMB }) => `| ${keys} | ${updateMs.toFixed(1)} | ${peakMB.toFixed(0)} |`),
    '',
  ].join('\n');
}

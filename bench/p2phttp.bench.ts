// Annexus and real git-annex side by side, on the same data and machine, in one run: the ratios count, since machines
// differ and drift. Figures never fail the run; what they are held against is in budget.json.
// git-annex has its default of one idle connection to each proxied remote; BENCH_GIT_ANNEX='-J4 --clusterjobs=3
// --proxyconnections=4' makes its proxied requests about 1.7 times faster.
// The repositories are in memory, where there is room, so that the programs are measured and not the disk: Annexus flushes what
// it stores and git-annex does not. Uploads are then measured once more on the disk.
// BENCH_ROUNDS and BENCH_SECONDS make it longer, BENCH_ONLY=REGEX shorter (and then no page is written).
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { type ServerKind, serverKind, startServer } from '../test/interop/scenario/server.ts';
import { latestRelease } from '../test/interop/scenario/world.ts';
import { runIn, withTempDir } from '../test/support/git-annex.ts';
import { type BenchData, copyData, makeData } from './data.ts';
import { flushRate, memoryBackedDir } from './disk.ts';
import { type Measurement, measurements, type Subject } from './measure.ts';
import { peakMemoryMB as peakMemoryOf } from './memory.ts';
import { formatResults, type Pass, readBudget, type Row } from './results.ts';

const rounds = Number(process.env['BENCH_ROUNDS'] ?? 3);
const seconds = Number(process.env['BENCH_SECONDS'] ?? 1.5);
const only = process.env['BENCH_ONLY'];
const gitAnnexOptions = (process.env['BENCH_GIT_ANNEX'] ?? '-J4 --clusterjobs=3').split(' ');

test('p2phttp', async () => {
  const release = latestRelease();
  const memory = await memoryBackedDir();
  const main = await withTempDir((dir) => run(dir, measurements), memory ?? tmpdir());
  // Where the first pass was on the disk there is nothing more to learn from it.
  const uploads = Object.fromEntries(
    Object.entries(measurements).filter(([name]) => name.includes('upload')),
  );
  const onDisk = memory === undefined ? undefined : await withTempDir((dir) => run(dir, uploads));
  expect(main.rows).not.toHaveLength(0);
  const page = formatResults({ main, onDisk, rounds, gitAnnexOptions, gitAnnexVersion: release.version });
  process.stdout.write(`\n${page}`);
  if (only === undefined) await writeFile(fileURLToPath(new URL('./RESULTS.md', import.meta.url)), page);
});

/** One pass over measurements, with data of its own in `dir`. */
async function run(dir: string, wanted: Readonly<Record<string, Measurement>>): Promise<Pass> {
  const data = await makeData(dir, latestRelease());
  const gitAnnex = await serve('git-annex', dir, data);
  const annexus = await serve(serverKind, dir, data, 'under-test');
  await using _first = gitAnnex.server;
  await using _second = annexus.server;
  const flushedMBPerSecond = await flushRate(dir);
  const rows = rowsOf(await measureAll(gitAnnex, annexus, wanted));
  const peakMemoryMB = {
    gitAnnex: await peakMemoryOf(gitAnnex.server.pid),
    annexus: await peakMemoryOf(annexus.server.pid),
  };
  return { rows, peakMemoryMB, flushedMBPerSecond };
}

async function serve(kind: ServerKind, dir: string, data: BenchData, name: string = kind): Promise<Subject> {
  const release = latestRelease();
  const cluster = await copyData(dir, name, release);
  const server = await startServer({ kind, release, repositoryDir: cluster.gateway.dir, gitAnnexOptions });
  return { server, cluster, data };
}

interface Figures {
  readonly gitAnnex: readonly number[];
  readonly annexus: readonly number[];
}

async function measureAll(
  gitAnnex: Subject,
  annexus: Subject,
  wanted: Readonly<Record<string, Measurement>>,
): Promise<Map<string, Figures>> {
  const figures = new Map<string, { gitAnnex: number[]; annexus: number[] }>();
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, measure] of Object.entries(wanted)) {
      if (only !== undefined && !new RegExp(only).test(name)) continue;
      const both = figures.get(name) ?? { gitAnnex: [], annexus: [] };
      figures.set(name, both);
      // What was written before is on the disk before the clock runs; the first round also warms both up.
      await runIn('/', ['sync'], { timeoutMs: 120_000 });
      if (round === 0) for (const subject of [gitAnnex, annexus]) await measure(subject, 0.5);
      const inTurn =
        round % 2 === 0 ? (['gitAnnex', 'annexus'] as const) : (['annexus', 'gitAnnex'] as const);
      for (const side of inTurn) both[side].push(await measure({ gitAnnex, annexus }[side], seconds));
      process.stdout.write(
        `round ${round + 1}: ${name}: ${both.gitAnnex.at(-1)?.toFixed(1)} ${both.annexus.at(-1)?.toFixed(1)}\n`,
      );
    }
  }
  return figures;
}

function rowsOf(figures: ReadonlyMap<string, Figures>): Row[] {
  const budget = readBudget();
  return [...figures].map(([name, { gitAnnex, annexus }]) => {
    const { unit = '', aim = 0 } = budget[name] ?? {};
    return { name, unit, aim, gitAnnex: median(gitAnnex), annexus: median(annexus) };
  });
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

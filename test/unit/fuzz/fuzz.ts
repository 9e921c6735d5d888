// The fuzzer: inputs are mutated, and those that reach code that none before them reached are kept to be mutated further.
import type { ByteString } from '../../../src/util/byte-string.ts';
import { pick, randomFrom, type Random } from '../../interop/scenario/random.ts';
import { Coverage } from './coverage.ts';
import type { FuzzTarget } from './fuzz-target.ts';
import { mutate } from './mutate.ts';
import { shrink } from './shrink.ts';
import { Watchdog } from './watchdog.ts';

export interface FuzzReport {
  readonly inputs: number;
  /** How many inputs each target had, and how many of them got somewhere new. */
  readonly targets: Readonly<Record<string, TargetReport>>;
  readonly functions: number;
  /** The shortest input of each target that did what it must not. */
  readonly wrong: readonly string[];
}

export interface TargetReport {
  readonly inputs: number;
  readonly kept: number;
  readonly slowestMs: number;
  /** The most memory that the process had after one of its batches. */
  readonly peakMB: number;
}

interface Fuzzed {
  readonly target: FuzzTarget;
  readonly corpus: ByteString[];
  inputs: number;
  slowestMs: number;
  peakMB: number;
  failure: string | undefined;
}

const batchSize = 256;
/** Nothing that is in proportion to its input takes so long. */
const patienceMs = 10_000;

/** Runs for so long, at least once through all seeds. A target that failed is left alone after that. */
export async function fuzz(
  targets: readonly FuzzTarget[],
  options: { readonly seed: number; readonly forMs: number; readonly words: readonly ByteString[] },
): Promise<FuzzReport> {
  const random = randomFrom(options.seed);
  const coverage = new Coverage();
  const watchdog = new Watchdog({ patienceMs: 6 * patienceMs });
  const all = targets.map(
    (target): Fuzzed => ({
      target,
      corpus: [...target.seeds],
      inputs: 0,
      slowestMs: 0,
      peakMB: 0,
      failure: undefined,
    }),
  );
  try {
    for (const fuzzed of all) for (const seed of fuzzed.target.seeds) await tryOut(fuzzed, seed, watchdog);
    coverage.hasGrown();
    const endMs = performance.now() + options.forMs;
    while (performance.now() < endMs) {
      for (const fuzzed of all) await runBatch(fuzzed, { random, coverage, watchdog, words: options.words });
    }
    return reportOf(all, coverage.functions);
  } finally {
    coverage.close();
    await watchdog.close();
  }
}

interface Tools {
  readonly random: Random;
  readonly coverage: Coverage;
  readonly watchdog: Watchdog;
  readonly words: readonly ByteString[];
}

async function runBatch(fuzzed: Fuzzed, { random, coverage, watchdog, words }: Tools): Promise<void> {
  const { corpus } = fuzzed;
  const batch = Array.from({ length: batchSize }, () =>
    mutate(random, pick(random, corpus), { inputs: corpus, words }),
  );
  for (const input of batch) await tryOut(fuzzed, input, watchdog);
  fuzzed.peakMB = Math.max(fuzzed.peakMB, Math.round(process.memoryUsage.rss() / 2 ** 20));
  if (!coverage.hasGrown()) return;
  // Which of them it was is not told any more: each is as good as the others, and a few are enough.
  for (const input of batch) if (random() < 4 / batchSize) corpus.push(input);
}

async function tryOut(fuzzed: Fuzzed, input: ByteString, watchdog: Watchdog): Promise<void> {
  if (fuzzed.failure !== undefined) return;
  const startMs = performance.now();
  fuzzed.inputs++;
  watchdog.begin(fuzzed.target.name, input);
  const failure = await failureOf(fuzzed.target, input);
  fuzzed.slowestMs = Math.max(fuzzed.slowestMs, performance.now() - startMs);
  if (failure === undefined) return;
  const shortest = await shrink(
    input,
    async (shorter) => (await failureOf(fuzzed.target, shorter)) !== undefined,
  );
  const error = (await failureOf(fuzzed.target, shortest)) ?? failure;
  fuzzed.failure = `${fuzzed.target.name} of ${JSON.stringify(shortest)}: ${error.stack ?? error.message}`;
}

async function failureOf(target: FuzzTarget, input: ByteString): Promise<Error | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const startMs = performance.now();
  try {
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('it does not end')), patienceMs);
    });
    const running = target.run(input);
    if (running !== undefined) await Promise.race([running, late]);
    return performance.now() - startMs > patienceMs ? new Error('it takes too long') : undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  } finally {
    clearTimeout(timer);
  }
}

function reportOf(all: readonly Fuzzed[], functions: number): FuzzReport {
  const targets: Record<string, TargetReport> = {};
  let inputs = 0;
  for (const { target, corpus, inputs: tried, slowestMs, peakMB } of all) {
    inputs += tried;
    targets[target.name] = {
      inputs: tried,
      kept: corpus.length - target.seeds.length,
      slowestMs: Math.round(slowestMs),
      peakMB,
    };
  }
  const wrong = all.flatMap(({ failure }) => failure ?? []);
  return { inputs, targets, functions, wrong };
}

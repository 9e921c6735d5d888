// Judges random worlds with git-annex and with our own code until so many expressions were asked about, and counts.
import { releases, withTempDir, type Release } from '../../../support/git-annex.ts';
import { randomFrom, type Random } from '../random.ts';
import { askGitAnnex, type Question } from './ask-git-annex.ts';
import { makeRepository } from './make-repository.ts';
import { openJudge, type Difference } from './our-judge.ts';
import { randomWorld } from './random-world.ts';

export interface JudgeOptions {
  readonly release: Release;
  readonly seed: number;
  /** Repositories with an expression that are judged at least. */
  readonly expressions: number;
  readonly files: number;
  /** Repositories of each world. */
  readonly repositories: number;
}

export interface Judged {
  readonly worlds: number;
  /** Runs of git-annex, each over all files of a world. */
  readonly questions: number;
  readonly verdicts: number;
  readonly verdictsTrue: number;
  /** Questions that git-annex did not answer within 20 s. */
  readonly hung: readonly Question[];
  readonly unparsable: number;
  readonly unstable: number;
  readonly differences: readonly (Difference & { readonly worldSeed: number })[];
}

export async function judgeWorlds(options: JudgeOptions): Promise<Judged> {
  const counts = { worlds: 0, questions: 0, verdicts: 0, verdictsTrue: 0, unparsable: 0, unstable: 0 };
  const hung: Question[] = [];
  const differences: Judged['differences'][number][] = [];
  for (let expressions = 0; expressions < options.expressions; counts.worlds++) {
    const worldSeed = options.seed + counts.worlds;
    await withTempDir(async (dir) => {
      const random = randomFrom(worldSeed);
      const newest = options.release === releases().at(-1);
      const world = randomWorld(random, { ...options, newest });
      await makeRepository(dir, world, options.release);
      await using ours = await openJudge(dir, world);
      expressions += world.uuids.length;
      for (const uuid of world.uuids) {
        const problems = ours.judge.problems(uuid).map(({ type }) => type);
        if (problems.includes('unparsable')) counts.unparsable++;
        if (problems.includes('unstable')) counts.unstable++;
      }
      await inParallel(questionsOf(world.uuids, random), async (question) => {
        const isBalanced = ours.hasBalancedTerm(question.uuid);
        // A name with a line feed cannot be given on standard input, not with -z either.
        const files = isBalanced ? world.files.filter(({ path }) => !path.includes('\n')) : world.files;
        const asked = { dir, release: options.release, files: isBalanced ? files : undefined };
        const listed = await askGitAnnex(question, asked);
        counts.questions++;
        if (listed === undefined) {
          hung.push(question);
          return;
        }
        const { difference, verdicts, verdictsTrue } = await ours.compare(question, listed, files);
        counts.verdicts += verdicts;
        counts.verdictsTrue += verdictsTrue;
        if (difference !== undefined) differences.push({ worldSeed, ...difference });
      });
    });
  }
  return { ...counts, hung, differences };
}

function questionsOf(uuids: readonly Question['uuid'][], random: Random): Question[] {
  return uuids.flatMap((uuid) =>
    (['get', 'drop'] as const).map((want) => ({ uuid, want, rebalance: random() < 0.2 })),
  );
}

/** Two at a time. */
export async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all([worker(), worker()]);
}

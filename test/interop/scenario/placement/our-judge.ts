// Judges the files of a world with our own code, read from its repository as every command reads them.
import { AnnexBranch } from '../../../../src/node/branch/annex-branch.ts';
import { BranchLocationLog } from '../../../../src/node/branch/branch-location-log.ts';
import { systemClock } from '../../../../src/node/clock.ts';
import { openGitRepository } from '../../../../src/node/git/git-repository.ts';
import { CopiesReader } from '../../../../src/node/placement/copies-reader.ts';
import { RepositoriesReader } from '../../../../src/node/placement/repositories-reader.ts';
import { SubjectReader } from '../../../../src/node/placement/subject-reader.ts';
import { PreferredContent } from '../../../../src/preferred-content/preferred-content.ts';
import type { Subject, SubjectNeed } from '../../../../src/preferred-content/subject.ts';
import type { UUID } from '../../../../src/types/uuid.ts';
import { byteStringToText } from '../../../../src/util/byte-string.ts';
import type { Question } from './ask-git-annex.ts';
import { sizesOf, type PlacementFile, type PlacementWorld } from './random-world.ts';

export interface Difference {
  readonly question: Question;
  readonly preferred: string;
  readonly required: string;
  readonly groups: readonly string[];
  /** The files that git-annex judges otherwise. */
  readonly files: readonly {
    readonly path: string;
    readonly subject: Subject;
    readonly ours: boolean | undefined;
    readonly explanation: string;
  }[];
}

export interface Comparison {
  readonly difference: Difference | undefined;
  readonly verdicts: number;
  readonly verdictsTrue: number;
}

export interface OurJudge extends AsyncDisposable {
  readonly judge: PreferredContent;
  /** Whether git-annex has to look at the sizes of repositories to judge for this one. */
  hasBalancedTerm(uuid: UUID): boolean;
  /** Compares with the keys that git-annex listed. */
  compare(
    question: Question,
    listed: ReadonlySet<string>,
    files: readonly PlacementFile[],
  ): Promise<Comparison>;
}

export async function openJudge(dir: string, world: PlacementWorld): Promise<OurJudge> {
  const git = await openGitRepository(dir);
  const branch = await AnnexBranch.open(git, { clock: systemClock, events: () => undefined });
  const copies = new CopiesReader(branch);
  const reader = new SubjectReader({ branch, copies, locations: new BranchLocationLog(branch) });
  const sizes = sizesOf(world.locations);
  const repositories = await new RepositoriesReader(branch, {
    sizeOf: (uuid) => sizes.get(uuid) ?? 0n,
  }).read();
  const judge = new PreferredContent(repositories);
  const rebalancing = new PreferredContent({ ...repositories, rebalance: true });
  const whole = new Map<string, Promise<Subject>>();

  // Only what the expressions say that they need is there when they are judged.
  const read = async ({ path, key }: PlacementFile, needs: ReadonlySet<SubjectNeed>): Promise<Subject> => {
    const file = { type: 'path', path } as const;
    const known = whole.get(path) ?? reader.read(key, { file, needs: everything });
    whole.set(path, known);
    const here = { uuid: world.here, hasContent: world.contentHere.has(key) };
    return keepNeeded({ ...(await known), here }, needs);
  };

  return {
    judge,
    hasBalancedTerm(uuid) {
      const { preferred, required, groupPreferred, groups } = repositories;
      const wanted = [...(groups.get(uuid) ?? [])].map((group) => groupPreferred.get(group));
      return [preferred.get(uuid), required.get(uuid), ...wanted].some((text) => text?.includes('balanced='));
    },
    async compare(question, listed, files) {
      const { uuid, want, rebalance } = question;
      const used = rebalance ? rebalancing : judge;
      const needs = used.needs([uuid]);
      const wrong: Difference['files'][number][] = [];
      let verdictsTrue = 0;
      for (const file of files) {
        const subject = await read(file, needs);
        const verdict =
          want === 'get'
            ? used.wantsGet(uuid, subject, { otherwise: false })
            : used.wantsDrop(uuid, subject, { otherwise: true });
        if (verdict.value === true) verdictsTrue++;
        if (verdict.value === listed.has(file.key)) continue;
        const { reason, text } = verdict.explain();
        const explanation = `${reason}: ${byteStringToText(text)}`;
        wrong.push({ path: byteStringToText(file.path), subject, ours: verdict.value, explanation });
      }
      const difference: Difference = {
        question,
        preferred: byteStringToText(repositories.preferred.get(uuid) ?? ''),
        required: byteStringToText(repositories.required.get(uuid) ?? ''),
        groups: [...(repositories.groups.get(uuid) ?? [])].map(byteStringToText),
        files: wrong,
      };
      return {
        difference: wrong.length === 0 ? undefined : difference,
        verdicts: files.length,
        verdictsTrue,
      };
    },
    async [Symbol.asyncDispose]() {
      await copies.close();
      await branch.close();
      await git.close();
    },
  };
}

function keepNeeded(subject: Subject, needs: ReadonlySet<SubjectNeed>): Subject {
  return {
    key: subject.key,
    file: needs.has('file') || needs.has('unused') ? subject.file : { type: 'unknown' },
    locations: needs.has('locations') ? subject.locations : new Set(),
    deadLocations: needs.has('dead-locations') ? subject.deadLocations : new Set(),
    numCopies: needs.has('numcopies') ? subject.numCopies : 0,
    metadata: needs.has('metadata') ? subject.metadata : new Map(),
    urls: needs.has('urls') ? subject.urls : [],
    isUnused: needs.has('unused') && subject.isUnused,
    here: needs.has('here') ? subject.here : undefined,
  };
}

const everything: ReadonlySet<SubjectNeed> = new Set([
  'locations',
  'dead-locations',
  'numcopies',
  'metadata',
  'urls',
  'unused',
  'file',
  'here',
] as const);

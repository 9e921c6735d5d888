/**
 * An annex opened for work: the git repository, its git-annex branch with commits under way, its location log, and the
 * repository itself as a Remote. Closing it commits what the journal holds.
 */

import { AnnexError } from '../../types/annex-error.ts';
import type { EventSink } from '../../types/event.ts';
import type { TimeLimits } from '../../types/time-limits.ts';
import { parseUUID, type UUID } from '../../types/uuid.ts';
import type { Clock, Rng } from '../../util/clock.ts';
import { AnnexBranch } from '../branch/annex-branch.ts';
import { BranchLocationLog } from '../branch/branch-location-log.ts';
import { CommitScheduler } from '../branch/commit-scheduler.ts';
import { vectorClockSeconds } from '../branch/vector-clock-now.ts';
import { openGitRepository, type GitRepository } from '../git/git-repository.ts';
import { digestFactory } from '../hash/digest.ts';
import { BufferPool } from '../repository/buffer-pool.ts';
import { openDiskRemote, type DiskRemote } from '../repository/disk-remote.ts';
import { SharedSizes } from '../sizes/shared-sizes.ts';

export interface AnnexOptions {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly events: EventSink;
  /** The usual ones unless told. */
  readonly limits?: TimeLimits | undefined;
}

export interface OpenAnnex {
  readonly clock: Clock;
  readonly events: EventSink;
  readonly git: GitRepository;
  readonly uuid: UUID;
  readonly branch: AnnexBranch;
  readonly locations: BranchLocationLog;
  readonly remote: DiskRemote;
  /** How much each repository has. Costs nothing until it is asked. */
  readonly sizes: SharedSizes;
  /** The time for lines of logs. */
  nowSeconds(): number;
  close(): Promise<void>;
}

/**
 * Opens the annex that a path is in, or that of a repository that is open already, which is closed with it and where this
 * fails. Throws AnnexError('config') where there is no annex, or none that Annexus can work in.
 */
export async function openAnnex(place: string | GitRepository, options: AnnexOptions): Promise<OpenAnnex> {
  const git = typeof place === 'string' ? await openGitRepository(place) : place;
  try {
    const uuid = parseUUID((await git.config()).get('annex.uuid') ?? '');
    if (uuid === undefined)
      throw new AnnexError('config', `${git.gitDir} is not an annex yet: run annexus init there`);
    const branch = await AnnexBranch.open(git, options);
    const locations = new BranchLocationLog(branch);
    const remote = await openDiskRemote({
      repository: git,
      uuid,
      digestFactory,
      locationLog: locations,
      clock: options.clock,
      lockMs: options.limits?.lockMs,
      events: options.events,
      bufferPool: processBuffers,
    });
    const sizes = new SharedSizes(branch, { events: options.events });
    const commits = new CommitScheduler(branch, options);
    return {
      clock: options.clock,
      events: options.events,
      git,
      uuid,
      branch,
      locations,
      remote,
      sizes,
      nowSeconds: () => vectorClockSeconds(options.clock),
      async close() {
        await remote[Symbol.asyncDispose]();
        await sizes.close();
        await commits.close();
        await branch.close();
        await git.close();
      },
    };
  } catch (error) {
    await git.close();
    throw error;
  }
}

/** One budget for all the repositories of this process. */
const processBuffers: BufferPool = new BufferPool();

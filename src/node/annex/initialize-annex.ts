/** A whole `init`: the configuration (`initialize.ts`), the git-annex branch, and the repository's description in it. */

import { changeUUIDLog, parseUUIDLog } from '../../logs/uuid-log.ts';
import type { UUID } from '../../types/uuid.ts';
import type { ByteString } from '../../util/byte-string.ts';
import type { Rng } from '../../util/clock.ts';
import { AnnexBranch, type AnnexBranchOptions } from '../branch/annex-branch.ts';
import type { GitRepository } from '../git/git-repository.ts';
import { initializeConfig } from './initialize.ts';
import { vectorClockSeconds } from '../branch/vector-clock-now.ts';

export interface InitializeOptions extends AnnexBranchOptions {
  readonly rng: Rng;
  /** Replaces the description that the repository has. */
  readonly description?: ByteString | undefined;
  /** For a repository that has no description. */
  readonly fallbackDescription: ByteString;
}

export async function initializeAnnex(git: GitRepository, options: InitializeOptions): Promise<UUID> {
  const { uuid } = await initializeConfig(git, options.rng);
  const branch = await AnnexBranch.open(git, options);
  try {
    await branch.update();
    await branch.change('uuid.log', (old = '') => {
      const known = parseUUIDLog(old).get(uuid);
      const description = options.description ?? known ?? options.fallbackDescription;
      if (description === known) return undefined;
      return changeUUIDLog(old, { uuid, description, nowSeconds: vectorClockSeconds(options.clock) });
    });
    await branch.commit();
  } finally {
    await branch.close();
  }
  return uuid;
}

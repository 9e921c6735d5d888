/** What `info` works with. */

import type { OpenAnnex } from '../node/annex/open-annex.ts';
import type { Repositories } from '../node/annex/repositories.ts';
import type { MatchingOptions } from './matching/matching-options.ts';
import type { OutputOptions } from './report.ts';

export interface InfoOptions extends OutputOptions, MatchingOptions {
  readonly fast?: boolean | undefined;
  readonly bytes?: boolean | undefined;
}

export interface InfoContext {
  readonly annex: OpenAnnex;
  readonly repositories: Repositories;
  readonly options: InfoOptions;
  readonly cwd: string;
}

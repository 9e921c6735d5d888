/** What the far side of a git remote says of itself, before it is known which repository it is. */

import type { GitConfig } from './git-config.ts';

export type FarConfig =
  | { readonly type: 'config'; readonly config: GitConfig }
  /** It answered, and not as a repository that git-annex could use. */
  | { readonly type: 'no-annex'; readonly why: string };

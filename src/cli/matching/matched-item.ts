/** What the matching options are asked about: a key, and the file of it that was named or found. */

import type { Key } from '../../types/key.ts';
import type { ByteString } from '../../util/byte-string.ts';

export interface MatchedItem {
  readonly key: Key;
  /** Undefined where keys are acted on (`--all`, `--key`). */
  readonly file?: MatchedFile | undefined;
}

export interface MatchedFile {
  /** From the directory that the command runs in: what is printed, and what `--include` looks at. */
  readonly path: ByteString;
  /** From the top of the repository: what expressions look at. */
  readonly topPath: ByteString;
  readonly isLocked: boolean;
  /** It is in a tree that was named, where .gitattributes of the work tree say nothing of it. */
  readonly isInTree?: boolean | undefined;
}

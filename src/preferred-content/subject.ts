/** What is known of one key when expressions are judged: read before, so that judging waits for nothing. */

import type { Key } from '../types/key.ts';
import type { UUID } from '../types/uuid.ts';
import type { ByteString } from '../util/byte-string.ts';

export interface Subject {
  readonly key: Key;
  readonly file: SubjectFile;
  /** The repositories that are logged to have the key and the clusters they are nodes of; dead ones left out. */
  readonly locations: ReadonlySet<UUID>;
  /** The dead repositories that are logged to have the key: a balanced term counts its bytes there as they are. */
  readonly deadLocations: ReadonlySet<UUID>;
  /** How many copies the file should have, `.gitattributes` and `--numcopies` looked at. */
  readonly numCopies: number;
  /** The key's metadata as it is now: the values of each field. */
  readonly metadata: ReadonlyMap<ByteString, readonly ByteString[]>;
  /** The URLs that the key is recorded to be at. */
  readonly urls: readonly ByteString[];
  /** Whether the key is in the last list of unused ones. */
  readonly isUnused: boolean;
  /** The repository whose objects can be looked at, so that `present` believes them and not the log. */
  readonly here?: { readonly uuid: UUID; readonly hasContent: boolean } | undefined;
}

export type SubjectFile =
  /** From the top of the repository, as git has it. */
  | { readonly type: 'path'; readonly path: ByteString }
  /** The key belongs to no file. */
  | { readonly type: 'none' }
  /** It may belong to a file that nobody named. */
  | { readonly type: 'unknown' };

/** The parts of a Subject that cost something to read, so that only those are that an expression looks at. */
export type SubjectNeed =
  | 'locations'
  | 'dead-locations'
  | 'numcopies'
  | 'metadata'
  | 'urls'
  | 'unused'
  | 'file'
  | 'here';

/**
 * What a journal file's name stands for, and which paths can stand in the branch at all.
 *
 * The names are not unique where a name inside a directory begins with `_` (`a/_b` and `a_/b` are both `a___b`). Per-key
 * logs are in hash directories, which have no `_`, so theirs can be told and are; git-annex takes the other reading.
 */

import { parseJournalFile } from '../../logs/branch-path.ts';
import type { ByteString } from '../../util/byte-string.ts';

/** The branch path of a journal file; undefined for names that stand for none. */
export function journalledPath(name: ByteString): ByteString | undefined {
  const [, directory, rest] = /^([0-9a-f]{3}_[0-9a-f]{3}_)((?:[^_]|__)+)$/.exec(name) ?? [];
  const path =
    directory === undefined || rest === undefined
      ? parseJournalFile(name)
      : directory.replaceAll('_', '/') + rest.replaceAll('__', '_');
  return isBranchPath(path) ? path : undefined;
}

/** Whether git can have a file of this path in a tree. */
export function isBranchPath(path: ByteString): boolean {
  if (path === '' || path.includes('\0')) return false;
  return path
    .split('/')
    .every((part) => part !== '' && part !== '.' && part !== '..' && part.toLowerCase() !== '.git');
}

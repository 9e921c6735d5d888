/** Terms about the file: its name, whether it is locked, and the names of other files with the same content. */

import { annexedFiles } from '../../node/annex/annexed-files.ts';
import { parseGlob } from '../../preferred-content/glob.ts';
import type { Key } from '../../types/key.ts';
import { textToByteString, type ByteString } from '../../util/byte-string.ts';
import type { MatchTerm } from './match-term.ts';
import type { MatchingTools } from './matching-tools.ts';

/** `--include`: by the path from the directory that the command runs in. Nothing is known of a key's name. */
export function includeTerm(glob: string): MatchTerm {
  const matches = parseGlob(textToByteString(glob), { isPath: true });
  return { needs: [], needsFile: true, matches: ({ file }) => file !== undefined && matches(file.path) };
}

export function lockedTerm(isLocked: boolean): MatchTerm {
  return { needs: [], needsFile: true, matches: ({ file }) => file?.isLocked === isLocked };
}

/** `--includesamecontent`: whether another file of the work tree with the same content has such a name. */
export function includeSameContentTerm(glob: string, { annex, terminal }: MatchingTools): MatchTerm {
  const matches = parseGlob(textToByteString(glob), { isPath: true });
  let named: Promise<NamedKeys> | undefined;
  return {
    needs: [],
    needsFile: true,
    matches: async ({ key, file }) => {
      named ??= keysNamed(annexedFiles(annex.git, { cwd: terminal.cwd, everywhere: true }), matches);
      const found = (await named).get(key);
      return found !== undefined && (found.hasOthers || found.first !== file?.path);
    },
  };
}

export function negated(term: MatchTerm): MatchTerm {
  return {
    ...term,
    matches: async (item, subject) => !(await term.matches(item, subject)),
  };
}

/** The keys of files whose names match, with the first such file and whether there are more. */
type NamedKeys = ReadonlyMap<Key, { readonly first: ByteString; readonly hasOthers: boolean }>;

async function keysNamed(
  files: AsyncIterable<{ readonly path: ByteString; readonly key: Key }>,
  matches: (path: ByteString) => boolean,
): Promise<NamedKeys> {
  const named = new Map<Key, { first: ByteString; hasOthers: boolean }>();
  for await (const { path, key } of files) {
    if (!matches(path)) continue;
    const known = named.get(key);
    if (known === undefined) named.set(key, { first: path, hasOthers: false });
    else known.hasOthers = true;
  }
  return named;
}

/**
 * Union merge: how files of the git-annex branch are merged, whatever they hold and without looking inside.
 *
 * The result is the sorted set of the lines of all sides. It may grow lines that later ones make void; only a writer
 * compacts, so that merging is commutative, associative and idempotent and every repository arrives at the same blob.
 */

import { compareByteStrings, type ByteString } from '../util/byte-string.ts';

/**
 * The sorted set of the lines of all contents, each ended by a line feed. Before writing it, look for a side that
 * `sameLineSet` calls equal: git-annex uses that side's blob unchanged, even if it is not sorted.
 */
export function unionMergeLines(contents: readonly ByteString[]): ByteString {
  const lines = new Set<ByteString>();
  for (const content of contents) for (const line of lineSet(content)) lines.add(line);
  return [...lines]
    .sort(compareByteStrings)
    .map((line) => `${line}\n`)
    .join('');
}

/** Whether two contents have the same set of lines, in whatever order and however often each. */
export function sameLineSet(left: ByteString, right: ByteString): boolean {
  if (left === right) return true;
  const leftLines = lineSet(left);
  const rightLines = lineSet(right);
  if (leftLines.size !== rightLines.size) return false;
  for (const line of leftLines) if (!rightLines.has(line)) return false;
  return true;
}

/** Only LF separates lines here, and empty lines count as lines: a merge keeps what it does not understand. */
function lineSet(content: ByteString): Set<ByteString> {
  const lines = content.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return new Set(lines);
}

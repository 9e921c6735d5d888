/**
 * Which siblings of the git-annex branch (refs named `.../git-annex`) have something that ours lacks, and which of those
 * may be merged.
 *
 * Two kinds are left alone and told of: refs of a repository that is tuned in another way (difference.log), and refs
 * whose transitions (`git annex forget`) are not ours: performing transitions is git-annex's business. A third is left alone
 * where `annexus.lockdown` is on: refs that would change the cluster's configuration and are not signed.
 * Source: interop reference §3.8.
 */

import {
  textToByteString,
  bytesToByteString,
  byteStringToText,
  type ByteString,
} from '../../util/byte-string.ts';
import type { GitRepository } from '../git/git-repository.ts';
import { readFileIfAny } from './annex-files.ts';
import { branchRef } from './branch-commit.ts';
import { lockdownRefusal } from './lockdown.ts';
import { allDifferences } from '../../logs/difference-log.ts';
import { logLines } from '../../logs/log-lines.ts';

export interface SiblingRef {
  readonly commit: string;
  readonly ref: ByteString;
}

/** All refs whose last part is `git-annex`, but the branch itself. */
export async function listSiblings(repository: GitRepository): Promise<readonly SiblingRef[]> {
  const listed = await repository.run(['show-ref', 'git-annex'], { allow: [0, 1] });
  return bytesToByteString(listed.stdout)
    .split('\n')
    .flatMap((line) => {
      const [, commit, ref] = /^([0-9a-f]+) (.*)$/.exec(line) ?? [];
      return commit === undefined || ref === undefined || ref === branchRef ? [] : [{ commit, ref }];
    });
}

/** Those with commits that the branch does not have, one for each commit, less what git-annex said to leave out. */
export async function unmergedSiblings(
  repository: GitRepository,
  annexDir: string,
  siblings: readonly SiblingRef[],
): Promise<readonly SiblingRef[]> {
  const directory = textToByteString(annexDir);
  const ignored = new Set(logLines((await readFileIfAny(`${directory}/ignoredrefs`)) ?? ''));
  const merged = new Set(logLines((await readFileIfAny(`${directory}/mergedrefs`)) ?? ''));
  const found = new Map<string, SiblingRef>();
  for (const sibling of siblings) {
    const { commit, ref } = sibling;
    if (found.has(commit) || ignored.has(commit) || merged.has(`${commit}\t${ref}`)) continue;
    const missing = await repository.run(['rev-list', '-n1', `${branchRef}..${commit}`]);
    if (missing.stdout.length > 0) found.set(commit, sibling);
  }
  return [...found.values()];
}

export interface Mergeable {
  readonly siblings: readonly SiblingRef[];
  /** Why the others are left alone, one text each. */
  readonly refused: readonly string[];
}

/** `ours` reads a file of our branch, journal included. */
export async function mergeableSiblings(
  repository: GitRepository,
  candidates: readonly SiblingRef[],
  ours: (path: ByteString) => Promise<ByteString | undefined>,
): Promise<Mergeable> {
  const siblings: SiblingRef[] = [];
  const refused: string[] = [];
  const differences = allDifferences((await ours('difference.log')) ?? '');
  const transitions = lineSet(await ours('transitions.log'));
  for (const sibling of candidates) {
    const name = byteStringToText(sibling.ref);
    const theirs = async (path: ByteString): Promise<ByteString | undefined> => {
      const object = await repository.objects.read(`${sibling.commit}:${path}`);
      return object === undefined ? undefined : bytesToByteString(object.bytes);
    };
    if (!isSameSet(differences, allDifferences((await theirs('difference.log')) ?? ''))) {
      refused.push(`${name} is not merged: its repository is tuned in an incompatible way`);
    } else if (!isSameSet(transitions, lineSet(await theirs('transitions.log')))) {
      refused.push(`${name} is not merged: a transition (git annex forget) is left for git-annex to perform`);
    } else {
      const { commit } = sibling;
      const refusal = await lockdownRefusal(repository, { commit, ours, theirs, isMerged: true });
      if (refusal === undefined) siblings.push(sibling);
      else refused.push(`${name} is not merged: ${refusal}`);
    }
  }
  return { siblings, refused };
}

/** As git-annex says it: `merging r1/git-annex r2/git-annex into git-annex`. */
export function mergeMessage(siblings: readonly SiblingRef[]): ByteString {
  const names = siblings.map(({ ref }) => ref.replace(/^refs\/(heads|remotes)\//, ''));
  return `merging ${names.join(' ')} into git-annex`;
}

function lineSet(content: ByteString | undefined): ReadonlySet<ByteString> {
  return new Set(logLines(content ?? ''));
}

function isSameSet(left: ReadonlySet<ByteString>, right: ReadonlySet<ByteString>): boolean {
  return left.size === right.size && [...left].every((value) => right.has(value));
}

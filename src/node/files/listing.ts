/**
 * What a directory of a branch shows: a page of its entries, each with its size, and the key of annexed files. As JSON for
 * programs; `listing-page.ts` has the page for people.
 */

import { keySizeBytes } from '../../types/key.ts';
import type { ByteString } from '../../util/byte-string.ts';
import { formatWrapped } from '../../p2p/http/values.ts';
import type { BranchNames } from './branch-finder.ts';
import type { Described, FileFinder } from './find-file.ts';

export interface Listing {
  readonly branch: ByteString;
  /** In the tree; empty at its top. */
  readonly path: readonly ByteString[];
  readonly entries: readonly ListedEntry[];
  /** The last name, where there are more after it. */
  readonly next: ByteString | undefined;
}

export interface ListedEntry {
  readonly name: ByteString;
  readonly described: Described;
}

export interface ListedPlace {
  readonly branch: ByteString;
  readonly path: readonly ByteString[];
  readonly tree: string;
  /** The page begins behind this name. */
  readonly after: ByteString | undefined;
}

export async function listDirectory(
  finder: FileFinder,
  { branch, path, tree, after }: ListedPlace,
): Promise<Listing> {
  const all = [...(await finder.entries(tree)).values()];
  const left = after === undefined ? all : all.filter(({ name }) => name > after);
  const entries = await Promise.all(
    left.slice(0, pageEntries).map(async (entry) => {
      return { name: entry.name, described: await finder.describe(entry) };
    }),
  );
  return { branch, path, entries, next: left.length > pageEntries ? entries.at(-1)?.name : undefined };
}

/** In bytes; undefined where nobody says. */
export function sizeOf(described: Described): number | undefined {
  if (described.type === 'annexed') return keySizeBytes(described.key);
  return described.type === 'file' ? described.sizeBytes : undefined;
}

export function listingJSON({ branch, path, entries, next }: Listing): string {
  return JSON.stringify({
    branch: formatWrapped(branch),
    path: formatWrapped(path.join('/')),
    entries: entries.map(({ name, described }) => ({
      name: formatWrapped(name),
      type: described.type,
      size: sizeOf(described),
      ...(described.type === 'annexed' && { key: formatWrapped(described.key) }),
      ...(described.type === 'link' && { target: formatWrapped(described.target) }),
    })),
    next: next === undefined ? undefined : formatWrapped(next),
  });
}

export function branchesJSON({ branches, tags }: BranchNames): string {
  return JSON.stringify({ branches: branches.map(formatWrapped), tags: tags.map(formatWrapped) });
}

const pageEntries = 1000;

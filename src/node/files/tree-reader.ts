/** Trees of git, parsed once each: what lately was looked at stays in memory, within a bound. */

import { LRUCache } from 'lru-cache';
import { AnnexError } from '../../types/annex-error.ts';
import { bytesToByteString, compareByteStrings, type ByteString } from '../../util/byte-string.ts';
import type { GitRepository } from '../git/git-repository.ts';

export interface TreeEntry {
  readonly name: ByteString;
  readonly type: 'directory' | 'file' | 'link' | 'submodule';
  readonly id: string;
}

/** By name, in byte order. */
export type Tree = ReadonlyMap<ByteString, TreeEntry>;

export class TreeReader {
  readonly #git: GitRepository;
  readonly #trees = new LRUCache<string, Tree>({
    maxSize: maxEntries,
    sizeCalculation: (tree) => tree.size + 1,
  });

  constructor(git: GitRepository) {
    this.#git = git;
  }

  /** Of a tree that there is. */
  async read(id: string): Promise<Tree> {
    const known = this.#trees.get(id);
    if (known !== undefined) return known;
    const object = await this.#git.objects.read(id);
    if (object?.type !== 'tree') throw new AnnexError('remote', `git has no tree ${id}`);
    const tree = parseTree(object.bytes, this.#git.objectFormat === 'sha256' ? 32 : 20);
    this.#trees.set(id, tree);
    return tree;
  }
}

/** `MODE SP name NUL id`, over and over. */
export function parseTree(bytes: Uint8Array, idBytes: number): Tree {
  const entries: TreeEntry[] = [];
  let at = 0;
  while (at < bytes.length) {
    const space = bytes.indexOf(0x20, at);
    const end = bytes.indexOf(0, space);
    if (space === -1 || end === -1 || end + idBytes >= bytes.length)
      throw new AnnexError('remote', 'a tree of git that makes no sense');
    const mode = bytesToByteString(bytes.subarray(at, space));
    const name = bytesToByteString(bytes.subarray(space + 1, end));
    at = end + 1 + idBytes;
    entries.push({
      name,
      type: typeOf(mode),
      id: Buffer.from(bytes.subarray(end + 1, at)).toString('hex'),
    });
  }
  // Git's own order takes a directory's name to end with a slash.
  entries.sort((left, right) => compareByteStrings(left.name, right.name));
  return new Map(entries.map((entry) => [entry.name, entry]));
}

function typeOf(mode: string): TreeEntry['type'] {
  if (mode === '40000') return 'directory';
  if (mode === '120000') return 'link';
  return mode === '160000' ? 'submodule' : 'file';
}

const maxEntries = 200_000;

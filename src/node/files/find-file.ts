/**
 * What a path in a tree leads to. Symbolic links are followed where they stay in the tree; those into `annex/objects`, and
 * pointer files, lead to a key. Nothing of the machine's file system is looked at.
 */

import { LRUCache } from 'lru-cache';
import { AnnexError } from '../../types/annex-error.ts';
import type { Key } from '../../types/key.ts';
import { bytesToByteString, type ByteString } from '../../util/byte-string.ts';
import { keyOfPointer, maxPointerBytes } from '../annex/annexed-files.ts';
import type { GitRepository } from '../git/git-repository.ts';
import { TreeReader, type Tree, type TreeEntry } from './tree-reader.ts';

export type FoundFile =
  | { readonly type: 'directory'; readonly tree: string }
  | ({ readonly type: 'annexed'; readonly key: Key } & Located)
  | ({ readonly type: 'file'; readonly id: string; readonly sizeBytes: number } & Located);

interface Located {
  /** Where the file itself is in the tree, whatever links led to it; slashes between the names. */
  readonly path: ByteString;
}

/** What an entry of a directory is, not followed. */
export type Described = DescribedBlob | { readonly type: 'directory' | 'submodule' };

type DescribedBlob =
  | { readonly type: 'annexed'; readonly key: Key }
  | { readonly type: 'link'; readonly target: ByteString }
  | { readonly type: 'file'; readonly sizeBytes: number };

export class FileFinder {
  readonly #git: GitRepository;
  readonly #trees: TreeReader;
  /** By the id of the blob. */
  readonly #blobs = new LRUCache<string, DescribedBlob>({
    maxSize: maxKnownBytes,
    sizeCalculation: (blob) => blobBytes + (blob.type === 'link' ? blob.target.length : 0),
  });

  constructor(git: GitRepository) {
    this.#git = git;
    this.#trees = new TreeReader(git);
  }

  /** The entries of a directory. */
  async entries(tree: string): Promise<Tree> {
    return await this.#trees.read(tree);
  }

  /** Undefined where the path leads to nothing, out of the tree, or into a submodule. */
  async find(root: string, path: readonly ByteString[]): Promise<FoundFile | undefined> {
    const trees = [root];
    const names: ByteString[] = [];
    const left = [...path];
    for (let links = 0; left.length > 0; ) {
      const name = left.shift();
      if (name === undefined || name === '' || name === '.') continue;
      if (name === '..') {
        trees.pop();
        names.pop();
        if (trees.length === 0) return undefined;
        continue;
      }
      const entry = (await this.#trees.read(trees.at(-1) ?? root)).get(name);
      if (entry === undefined || entry.type === 'submodule') return undefined;
      if (entry.type === 'directory') {
        trees.push(entry.id);
        names.push(name);
        continue;
      }
      const blob = await this.#blob(entry);
      if (blob.type === 'link') {
        if (++links > maxLinks || blob.target.startsWith('/')) return undefined;
        left.unshift(...blob.target.split('/'));
        continue;
      }
      if (left.length > 0) return undefined;
      const located = { path: [...names, name].join('/') };
      return blob.type === 'file' ? { ...blob, id: entry.id, ...located } : { ...blob, ...located };
    }
    return { type: 'directory', tree: trees.at(-1) ?? root };
  }

  async describe(entry: TreeEntry): Promise<Described> {
    const { type } = entry;
    return type === 'directory' || type === 'submodule' ? { type } : await this.#blob(entry);
  }

  async #blob(entry: TreeEntry): Promise<DescribedBlob> {
    const question = `${entry.type} ${entry.id}`;
    const known = this.#blobs.get(question);
    if (known !== undefined) return known;
    const found = await this.#lookAt(entry);
    this.#blobs.set(question, found);
    return found;
  }

  async #lookAt({ type, id }: TreeEntry): Promise<DescribedBlob> {
    const header = await this.#git.objectHeaders.read(id);
    if (header === undefined) throw new AnnexError('remote', `git has lost the object ${id}`);
    const { sizeBytes } = header;
    const isLink = type === 'link';
    const content = sizeBytes > maxPointerBytes ? undefined : await this.#git.objects.read(id);
    const text = content === undefined ? '' : bytesToByteString(content.bytes);
    const key = keyOfPointer(text, isLink ? 'link' : 'pointer');
    if (key !== undefined) return { type: 'annexed', key };
    return isLink ? { type: 'link', target: text } : { type: 'file', sizeBytes };
  }
}

const maxLinks = 32;
const maxKnownBytes = 33_554_432;
/** What one takes in memory, by and large. */
const blobBytes = 300;

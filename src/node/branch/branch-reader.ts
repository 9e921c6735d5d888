/**
 * Fast reads of the committed branch. The tip is looked at each time (a few microseconds where the ref is a file of its
 * own), its top tree is kept, and what was read below a tree is kept under that tree's id, which can never be stale.
 * What is not kept costs one pipelined lookup.
 *
 * The few system calls here are synchronous on purpose: they take microseconds, while the thread pool makes them wait
 * behind the uploads' writing and flushing.
 */

import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { AnnexError } from '../../types/annex-error.ts';
import { bytesToByteString, type ByteString } from '../../util/byte-string.ts';
import type { GitRepository } from '../git/git-repository.ts';
import { branchRef, readBranchTip } from './branch-commit.ts';

interface Top {
  readonly commit: string;
  /** Name to id, of files and directories alike. */
  readonly entries: ReadonlyMap<ByteString, string>;
}

export class BranchReader {
  readonly #repository: GitRepository;
  readonly #refFile: string;
  #top: { readonly commit: string; readonly loading: Promise<Top> } | undefined;
  /** Content by `ID/REST`, oldest first; `undefined` for a file that is not there. */
  readonly #contents = new Map<string, ByteString | undefined>();
  #contentsChars = 0;

  constructor(repository: GitRepository) {
    this.#repository = repository;
    this.#refFile = `${repository.gitDir}/${branchRef}`;
  }

  /** The commit that the branch is at; undefined where there is no branch. */
  async tip(): Promise<string | undefined> {
    return readLooseRef(this.#refFile) ?? (await readBranchTip(this.#repository))?.commit;
  }

  /** The committed content of a file, as of now. */
  async read(path: ByteString): Promise<ByteString | undefined> {
    const commit = await this.tip();
    return commit === undefined ? undefined : await this.readAt(commit, path);
  }

  /** The content of a file by a commit of the branch. */
  async readAt(commit: string, path: ByteString): Promise<ByteString | undefined> {
    const { entries } = await this.#topOf(commit);
    const slash = path.indexOf('/');
    const id = entries.get(slash === -1 ? path : path.slice(0, slash));
    if (id === undefined) return undefined;
    const name = slash === -1 ? id : `${id}:${path.slice(slash + 1)}`;
    if (this.#contents.has(name)) return this.#contents.get(name);
    const object = await this.#repository.objects.read(name);
    const content = object?.type === 'blob' ? bytesToByteString(object.bytes) : undefined;
    this.#keep(name, content);
    return content;
  }

  async #topOf(commit: string): Promise<Top> {
    if (this.#top?.commit !== commit) this.#top = { commit, loading: this.#load(commit) };
    const { loading } = this.#top;
    try {
      return await loading;
    } catch (caught) {
      if (this.#top?.loading === loading) this.#top = undefined;
      throw caught;
    }
  }

  async #load(commit: string): Promise<Top> {
    const tree = await this.#repository.objects.read(`${commit}^{tree}`);
    if (tree?.type !== 'tree')
      throw new AnnexError('remote', `the tree of ${branchRef} ${commit} is missing`);
    const idBytes = this.#repository.objectFormat === 'sha1' ? 20 : 32;
    return { commit, entries: parseTree(Buffer.from(tree.bytes), idBytes) };
  }

  #keep(name: string, content: ByteString | undefined): void {
    const chars = costOf(name, content);
    if (chars > maxKeptChars / 100 || this.#contents.has(name)) return;
    this.#contents.set(name, content);
    this.#contentsChars += chars;
    for (const [oldest, kept] of this.#contents) {
      if (this.#contentsChars <= maxKeptChars) break;
      this.#contents.delete(oldest);
      this.#contentsChars -= costOf(oldest, kept);
    }
  }
}

/** `MODE SP NAME NUL ID`, one after the other. */
function parseTree(bytes: Buffer, idBytes: number): Map<ByteString, string> {
  const entries = new Map<ByteString, string>();
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const end = bytes.indexOf(0, space);
    if (space === -1 || end === -1)
      throw new AnnexError('remote', 'a tree of the git-annex branch is damaged');
    entries.set(bytes.toString('latin1', space + 1, end), bytes.toString('hex', end + 1, end + 1 + idBytes));
    at = end + 1 + idBytes;
  }
  return entries;
}

/** Undefined where the ref is packed, in another format, or symbolic: git has to be asked then. */
function readLooseRef(file: string): string | undefined {
  let descriptor: number | undefined;
  try {
    // Cheaper than failing to open.
    if (statSync(file, { throwIfNoEntry: false }) === undefined) return undefined;
    descriptor = openSync(file, 'r');
    const length = readSync(descriptor, refBytes, 0, refBytes.length, 0);
    return /^([0-9a-f]{40}|[0-9a-f]{64})\s*$/.exec(refBytes.toString('latin1', 0, length))?.[1];
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** Strings of bytes take a byte a character; the rest is the map's own. */
function costOf(name: string, content: ByteString | undefined): number {
  return name.length + (content?.length ?? 0) + 100;
}

const refBytes = Buffer.alloc(256);
const maxKeptChars = 16 * 1024 * 1024;

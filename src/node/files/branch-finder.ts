/**
 * Which branch, tag or commit the beginning of a path names: the longest that there is. Each look-up is a question to a git
 * that runs already; a process is asked only where git might take a name for something else, once in a while, and for the
 * id of a commit, one at a time.
 *
 * What may be seen is what refs/heads and refs/tags hold, without the git-annex branch and without what `git clone` would
 * not show (transfer.hideRefs, uploadpack.hideRefs). A commit may be named by its whole id where one of those contains it.
 */

import { LRUCache } from 'lru-cache';
import { AnnexError } from '../../types/annex-error.ts';
import type { ByteString } from '../../util/byte-string.ts';
import { Turns } from '../../util/turns.ts';
import type { GitConfig } from '../git/git-config.ts';
import type { GitRepository } from '../git/git-repository.ts';

export interface FoundBranch {
  readonly name: ByteString;
  /** The id of its tree. */
  readonly tree: string;
  /** A commit: it will never have other files. */
  readonly isFixed: boolean;
  /** What comes after the name. */
  readonly rest: readonly ByteString[];
}

export interface BranchNames {
  readonly branches: readonly ByteString[];
  readonly tags: readonly ByteString[];
}

export class BranchFinder {
  readonly #git: GitRepository;
  readonly #turns = new Turns<'commits'>();
  #waiting = 0;
  /** What processes of git were asked lately, by the question. */
  readonly #asked = new LRUCache<string, Promise<readonly ByteString[]>>({ max: 1000, ttl: askAgainMs });

  constructor(git: GitRepository) {
    this.#git = git;
  }

  async find(path: readonly ByteString[]): Promise<FoundBranch | undefined> {
    const config = await this.#git.config();
    const lengths = Array.from({ length: Math.min(path.length, maxParts) }, (_, index) => index + 1);
    const found = await Promise.all(
      lengths.map(async (length) => await this.#tree(path.slice(0, length).join('/'), config)),
    );
    const length = found.findLastIndex((tree) => tree !== undefined) + 1;
    const tree = found[length - 1];
    if (tree !== undefined) {
      return { name: path.slice(0, length).join('/'), tree, isFixed: false, rest: path.slice(length) };
    }
    const [id = '', ...rest] = path;
    const ofCommit = await this.#treeOfCommit(id, config);
    return ofCommit === undefined ? undefined : { name: id, tree: ofCommit, isFixed: true, rest };
  }

  /** As they were at most a moment ago. */
  async names(): Promise<BranchNames> {
    const config = await this.#git.config();
    const refs = (await this.#refs()).filter((ref) => maySee(ref, config));
    const below = (prefix: string): readonly ByteString[] =>
      refs.flatMap((ref) => (ref.startsWith(prefix) ? [ref.slice(prefix.length)] : []));
    return { branches: below('refs/heads/'), tags: below('refs/tags/') };
  }

  async #tree(name: ByteString, config: GitConfig): Promise<string | undefined> {
    if (!isRefName(name)) return undefined;
    const refs = ['refs/heads/', 'refs/tags/'].map((prefix) => prefix + name);
    const found = await Promise.all(
      refs.map(async (ref) => {
        if (!maySee(ref, config)) return undefined;
        const id = await this.#treeID(ref);
        // `NAME-gID` means that commit to git where there is no such ref.
        const isSure = id === undefined || !/-g[0-9a-f]+$/i.test(name) || (await this.#refs()).includes(ref);
        return isSure ? id : undefined;
      }),
    );
    return found[0] ?? found[1];
  }

  async #treeOfCommit(id: ByteString, config: GitConfig): Promise<string | undefined> {
    if (!/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(id)) return undefined;
    const commit = await this.#git.objectHeaders.read(id);
    if (commit?.type !== 'commit') return undefined;
    const refs = await this.#refs(id);
    return refs.some((ref) => maySee(ref, config)) ? await this.#treeID(id) : undefined;
  }

  async #treeID(name: ByteString): Promise<string | undefined> {
    const object = await this.#git.objectHeaders.read(`${name}^{tree}`);
    return object?.type === 'tree' ? object.id : undefined;
  }

  /** The branches and tags, or those that contain a commit, which may be as much work as there are commits. */
  async #refs(commit?: string): Promise<readonly ByteString[]> {
    const question = commit ?? '';
    const known = this.#asked.get(question);
    if (known !== undefined) return await known;
    const asking = commit === undefined ? this.#askForRefs([]) : this.#refsWith(commit);
    this.#asked.set(question, asking);
    asking.catch(() => this.#asked.delete(question));
    return await asking;
  }

  /** One at a time, however many ids are asked for. */
  async #refsWith(commit: string): Promise<readonly ByteString[]> {
    if (this.#waiting >= maxWaiting)
      throw new AnnexError('busy', `${maxWaiting} commits are being looked for already, try again soon`);
    this.#waiting++;
    try {
      return await this.#turns.run('commits', async () => await this.#askForRefs(['--contains', commit]));
    } finally {
      this.#waiting--;
    }
  }

  async #askForRefs(options: readonly string[]): Promise<readonly ByteString[]> {
    const which = ['refs/heads', 'refs/tags'];
    const { stdout } = await this.#git.run(['for-each-ref', '--format=%(refname)', ...options, ...which]);
    return stdout
      .toString('latin1')
      .split('\n')
      .filter((ref) => ref !== '');
  }
}

/** The rules of `git check-ref-format`, so that nothing else that git takes for an object passes for a ref. */
export function isRefName(name: ByteString): boolean {
  if (name.length > maxNameBytes) return false;
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|\.$|^\/|\/$/.test(name)) return false;
  return name.split('/').every((part) => part !== '' && !part.startsWith('.') && !part.endsWith('.lock'));
}

function maySee(ref: ByteString, config: GitConfig): boolean {
  if (/^refs\/heads\/(?:synced\/)?git-annex$/.test(ref)) return false;
  const hidden = [...config.getAll('transfer.hiderefs'), ...config.getAll('uploadpack.hiderefs')];
  // The last one that fits counts.
  const rule = hidden.findLast((value) => {
    const prefix = value.replace(/^!/, '').replace(/^\^/, '').replace(/\/+$/, '');
    return ref === prefix || ref.startsWith(`${prefix}/`);
  });
  return rule === undefined || rule.startsWith('!');
}

/** How many parts a branch's name may have. */
const maxParts = 16;
const maxNameBytes = 1024;
const askAgainMs = 1000;
const maxWaiting = 32;

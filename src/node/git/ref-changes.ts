/**
 * Tells when refs of a repository change, to any number of followers (design/p2p_protocol: NOTIFYCHANGE). One look a few
 * seconds serves all of them, and there is none while nobody waits: git keeps refs in files, in packed-refs or in tables,
 * and only git itself knows where to look.
 */

import { bytesToByteString } from '../../util/byte-string.ts';
import { linkAbort } from '../lock/link-abort.ts';
import type { GitRepository } from './git-repository.ts';

/** Commits by ref. */
type Refs = ReadonlyMap<string, string>;

export interface RefFollower {
  /** The new commits, as soon as refs differ from what they were when this was asked before (first: when it was made). */
  next(signal: AbortSignal): Promise<readonly string[]>;
}

export class RefChanges {
  readonly #repository: GitRepository;
  readonly #everyMs: number;
  readonly #waiting = new Set<(refs: Refs | Error) => void>();
  #isDue = false;

  constructor(repository: GitRepository, options: { readonly everyMs?: number } = {}) {
    this.#repository = repository;
    this.#everyMs = options.everyMs ?? 2000;
  }

  async follow(): Promise<RefFollower> {
    let known = await this.#read();
    return {
      next: async (signal) => {
        for (;;) {
          const now = await this.#look(signal);
          const changed = [...now].filter(([ref, commit]) => known.get(ref) !== commit);
          known = now;
          if (changed.length > 0) return [...new Set(changed.map(([, commit]) => commit))];
        }
      },
    };
  }

  /** The refs at the next look. */
  async #look(signal: AbortSignal): Promise<Refs> {
    signal.throwIfAborted();
    return await new Promise((resolve, reject) => {
      const settle = (refs: Refs | Error): void => {
        this.#waiting.delete(settle);
        unlink();
        if (refs instanceof Error) reject(refs);
        else resolve(refs);
      };
      const unlink = linkAbort(signal, settle);
      this.#waiting.add(settle);
      this.#lookSoon();
    });
  }

  #lookSoon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setTimeout(() => void this.#lookForAll(), this.#everyMs).unref();
  }

  async #lookForAll(): Promise<void> {
    const waiting = [...this.#waiting];
    const refs = await this.#read().catch((error: unknown) =>
      error instanceof Error ? error : new Error(String(error)),
    );
    this.#isDue = false;
    for (const settle of waiting) settle(refs);
    if (this.#waiting.size > 0) this.#lookSoon();
  }

  async #read(): Promise<Refs> {
    const listed = await this.#repository.run(['for-each-ref', '--format=%(objectname) %(refname)']);
    const refs = new Map<string, string>();
    for (const line of bytesToByteString(listed.stdout).split('\n')) {
      const space = line.indexOf(' ');
      if (space !== -1) refs.set(line.slice(space + 1), line.slice(0, space));
    }
    return refs;
  }
}

/**
 * Tells when refs of a repository change, from whatever process: the directories that refs are kept in are watched, and
 * after each change git lists the refs, however it keeps them. What the system does not tell of is found a while later.
 */

import { watch, type FSWatcher } from 'node:fs';
import { join } from 'node:path';
import type { GitRepository } from './git-repository.ts';

/**
 * First `watching`, when changes from now on are told; then the new commits of refs that changed or came, once each time.
 * Ends with the signal.
 */
export async function* watchRefs(
  git: GitRepository,
  signal: AbortSignal,
): AsyncGenerator<'watching' | readonly string[]> {
  const bell = new Bell();
  const ring = (): void => bell.ring();
  const watchers = ['refs', 'reftable', '.'].flatMap((name) =>
    watchDirectory(join(git.gitDir, name), name !== '.', ring),
  );
  const timer = setInterval(ring, lookAgainMs);
  signal.addEventListener('abort', ring, { once: true });
  try {
    let known = await readRefs(git);
    yield 'watching';
    for (;;) {
      await bell.rung();
      if (signal.aborted) return;
      const current = await readRefs(git);
      const changed = [...current].filter(([ref, sha]) => known.get(ref) !== sha).map(([, sha]) => sha);
      known = current;
      if (changed.length > 0) yield changed;
      // One push changes many: they are told of together.
      await new Promise((resolve) => setTimeout(resolve, gatherMs));
    }
  } finally {
    signal.removeEventListener('abort', ring);
    clearInterval(timer);
    for (const watcher of watchers) watcher.close();
  }
}

/** Remembers that it was rung until somebody hears it. */
class Bell {
  #isRung = false;
  #hear: (() => void) | undefined;

  ring(): void {
    this.#isRung = true;
    this.#hear?.();
  }

  async rung(): Promise<void> {
    if (!this.#isRung) await new Promise<void>((resolve) => (this.#hear = resolve));
    this.#hear = undefined;
    this.#isRung = false;
  }
}

/** What cannot be watched is looked at now and then. */
function watchDirectory(path: string, recursive: boolean, changed: () => void): readonly FSWatcher[] {
  try {
    const watcher = watch(path, { recursive, persistent: false }, (_event, name) => {
      // Beside the refs only this file matters, in a directory where much else is going on.
      if (recursive || name === 'packed-refs') changed();
    });
    watcher.on('error', () => watcher.close());
    return [watcher];
  } catch {
    return [];
  }
}

async function readRefs(git: GitRepository): Promise<ReadonlyMap<string, string>> {
  const { stdout } = await git.run(['for-each-ref', '--format=%(objectname) %(refname)']);
  const lines = stdout.toString('latin1').split('\n');
  return new Map(
    lines.flatMap((line) => {
      const [sha = '', ref] = line.split(' ', 2);
      return ref === undefined ? [] : [[ref, sha] as const];
    }),
  );
}

const gatherMs = 100;
const lookAgainMs = 30_000;

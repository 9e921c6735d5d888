/**
 * A shared/exclusive lock within this process, one per name, first come first served. It stands before the lock on the
 * file, so that our own waiters wake each other up and only one of them at a time has to poll the file.
 */

import { linkAbort } from './link-abort.ts';

export type LockMode = 'shared' | 'exclusive';

/** Gives the lock back. Calling it again does nothing. */
export type Release = () => void;

export class FairLocks {
  readonly #states = new Map<string, State>();

  /** Undefined where someone in this process has a conflicting lock. Does not queue, so it may overtake waiters. */
  tryAcquire(name: string, mode: LockMode): Release | undefined {
    const state = this.#state(name);
    return isCompatible(state, mode) ? this.#hold(name, state, mode) : undefined;
  }

  /** Waits for its turn; rejects with `signal.reason` once that aborts. */
  async acquire(name: string, mode: LockMode, signal: AbortSignal | undefined): Promise<Release> {
    signal?.throwIfAborted();
    const state = this.#state(name);
    if (state.waiting.length === 0 && isCompatible(state, mode)) return this.#hold(name, state, mode);
    return await new Promise<Release>((resolve, reject) => {
      const unlink = linkAbort(signal, (reason) => {
        state.waiting.splice(state.waiting.indexOf(waiter), 1);
        this.#wake(name, state);
        reject(reason);
      });
      const waiter: Waiter = {
        mode,
        grant: (release) => {
          unlink();
          resolve(release);
        },
      };
      state.waiting.push(waiter);
    });
  }

  #state(name: string): State {
    let state = this.#states.get(name);
    if (state === undefined) {
      state = { shared: 0, exclusive: false, waiting: [] };
      this.#states.set(name, state);
    }
    return state;
  }

  #hold(name: string, state: State, mode: LockMode): Release {
    if (mode === 'shared') state.shared++;
    else state.exclusive = true;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      if (mode === 'shared') state.shared--;
      else state.exclusive = false;
      this.#wake(name, state);
    };
  }

  #wake(name: string, state: State): void {
    for (let first = state.waiting[0]; first !== undefined; first = state.waiting[0]) {
      if (!isCompatible(state, first.mode)) return;
      state.waiting.shift();
      first.grant(this.#hold(name, state, first.mode));
    }
    if (state.shared === 0 && !state.exclusive) this.#states.delete(name);
  }
}

interface State {
  shared: number;
  exclusive: boolean;
  readonly waiting: Waiter[];
}

interface Waiter {
  readonly mode: LockMode;
  readonly grant: (release: Release) => void;
}

function isCompatible(state: State, mode: LockMode): boolean {
  return !state.exclusive && (mode === 'shared' || state.shared === 0);
}

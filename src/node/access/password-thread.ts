/**
 * Checks passwords in a thread of its own, one after the other: the most that passwords can cost is one processor. The
 * thread begins with the first password and ends when none came for a while, since argon2's memory stays with it.
 */

import { Worker } from 'node:worker_threads';
import { AnnexError } from '../../types/annex-error.ts';
import type { Clock, Timer } from '../../util/clock.ts';
import type { PasswordAnswer, PasswordTask } from './password-worker.ts';

/** Whether a password (bytes of UTF-8) is the one of a hash. Rejects where that cannot be said. */
export type VerifyPassword = (password: Uint8Array, hash: string) => Promise<boolean>;

interface Waiting {
  readonly task: PasswordTask;
  readonly resolve: (isRight: boolean) => void;
  readonly reject: (error: Error) => void;
}

export class PasswordThread {
  readonly #clock: Clock;
  readonly #program: URL;
  /** The first is being worked on. */
  readonly #queue: Waiting[] = [];
  #worker: Worker | undefined;
  #idle: Timer | undefined;

  /** @param options.program what the thread runs: password-worker.ts as the build makes it */
  constructor(options: { readonly clock: Clock; readonly program?: URL | undefined }) {
    this.#clock = options.clock;
    this.#program = options.program ?? new URL('./password-worker.cjs', import.meta.url);
  }

  readonly verify: VerifyPassword = (password, hash) =>
    new Promise((resolve, reject) => {
      this.#queue.push({ task: { password, hash }, resolve, reject });
      if (this.#queue.length === 1) this.#next();
    });

  /** Ends the thread. What still waits is rejected. */
  async close(): Promise<void> {
    this.#idle?.cancel();
    const worker = this.#worker;
    this.#lost(new Error('the server is closing'));
    await worker?.terminate();
  }

  #next(): void {
    const [first] = this.#queue;
    this.#idle?.cancel();
    if (first === undefined) {
      this.#worker?.unref();
      this.#idle = this.#clock.after(idleMs, () => void this.close());
      return;
    }
    this.#worker ??= this.#start();
    this.#worker.ref();
    this.#worker.postMessage(first.task);
  }

  #start(): Worker {
    const worker = new Worker(this.#program);
    worker.on('message', (answer: PasswordAnswer) => {
      const done = this.#queue.shift();
      if (typeof answer === 'boolean') done?.resolve(answer);
      else done?.reject(new AnnexError('remote', `password cannot be checked: ${answer}`));
      this.#next();
    });
    const lost = (error: Error): void => {
      if (this.#worker === worker) this.#lost(error);
    };
    worker.on('error', lost);
    worker.on('exit', () => lost(new Error('the thread ended')));
    return worker;
  }

  /** The next password begins a new thread. */
  #lost(error: Error): void {
    this.#worker = undefined;
    for (const { reject } of this.#queue.splice(0))
      reject(new AnnexError('remote', `password cannot be checked: ${error.message}`, { cause: error }));
  }
}

const idleMs = 60_000;

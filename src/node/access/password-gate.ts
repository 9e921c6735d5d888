/**
 * Stands before the slow check of passwords: answers are remembered for minutes, the same question asked at once is one
 * check, those who guess are slowed down by address, and no more may wait than can be served soon. Whoever gave the right
 * password lately notices nothing of a flood of wrong ones.
 *
 * What is remembered is an HMAC under a key of this process, never a password.
 */

import { createHmac, randomBytes } from 'node:crypto';
import { subjectAddress } from '../../p2p/http/permission/subject-address.ts';
import { BoundedMap } from '../../util/bounded-map.ts';
import type { Clock } from '../../util/clock.ts';
import { TokenBucket } from '../../util/token-bucket.ts';

export type GateAnswer =
  | { readonly type: 'right' }
  | { readonly type: 'wrong' }
  /** Too much is waiting already. */
  | { readonly type: 'busy'; readonly retryAfterSeconds: number }
  /** Too many wrong ones came from this address. */
  | { readonly type: 'slow-down'; readonly retryAfterSeconds: number };

export interface PasswordGateOptions {
  readonly clock: Clock;
  /** How long answers are remembered, right ones from their last use on: until `forget` they stay right. */
  readonly rememberMs?: number | undefined;
  /** How many checks may wait or run. */
  readonly maxWaiting?: number | undefined;
  /** Wrong passwords that one address may try a minute; ten at once are always free. */
  readonly wrongPerMinute?: number | undefined;
}

export interface Attempt {
  readonly user: string;
  readonly password: Uint8Array;
  readonly address: string | undefined;
}

export class PasswordGate {
  readonly #options: PasswordGateOptions;
  readonly #secret = randomBytes(32);
  readonly #known: BoundedMap<string, boolean>;
  readonly #running = new Map<string, Promise<boolean>>();
  readonly #guesses: BoundedMap<string, TokenBucket>;
  /** Answers of before the last `forget` are not remembered. */
  #generation = 0;

  constructor(options: PasswordGateOptions) {
    const { clock } = options;
    this.#options = options;
    this.#known = new BoundedMap({ clock, maxEntries: maxRemembered });
    this.#guesses = new BoundedMap({ clock, maxEntries: maxRemembered });
  }

  /** @param check the slow check; its rejection is passed on to all who share it, and not remembered */
  async ask(attempt: Attempt, check: () => Promise<boolean>): Promise<GateAnswer> {
    const name = this.#nameOf(attempt);
    const known = this.#known.get(name);
    if (known === true) this.#remember(name, true);
    if (known !== undefined) return answer(known);
    const shared = this.#running.get(name);
    if (shared !== undefined) return answer(await shared);
    if (this.#running.size >= (this.#options.maxWaiting ?? defaultMaxWaiting))
      return { type: 'busy', retryAfterSeconds: busySeconds };
    const guesses = this.#guessesOf(attempt.address);
    const waitSeconds = guesses?.tryTake() ?? 0;
    if (waitSeconds > 0) return { type: 'slow-down', retryAfterSeconds: Math.ceil(waitSeconds) };
    const running = this.#check(name, check);
    const isRight = await running;
    if (isRight) guesses?.giveBack();
    return answer(isRight);
  }

  /** Passwords have changed. */
  forget(): void {
    this.#generation++;
    this.#known.clear();
    this.#running.clear();
  }

  async #check(name: string, check: () => Promise<boolean>): Promise<boolean> {
    const generation = this.#generation;
    const running = check();
    this.#running.set(name, running);
    try {
      const isRight = await running;
      if (generation === this.#generation) this.#remember(name, isRight);
      return isRight;
    } finally {
      if (this.#running.get(name) === running) this.#running.delete(name);
    }
  }

  #remember(name: string, isRight: boolean): void {
    this.#known.set(name, isRight, this.#options.rememberMs ?? defaultRememberMs);
  }

  #nameOf({ user, password }: Attempt): string {
    const hmac = createHmac('sha256', this.#secret);
    // The length keeps users and passwords apart that give the same bytes together.
    return hmac
      .update(`${Buffer.byteLength(user)}:${user}`)
      .update(password)
      .digest('base64');
  }

  /** Undefined where clients cannot be told apart: everyone would pay for one. */
  #guessesOf(address: string | undefined): TokenBucket | undefined {
    const subject = subjectAddress(address);
    if (subject === undefined) return undefined;
    let bucket = this.#guesses.get(subject);
    if (bucket === undefined) {
      const perSecond = (this.#options.wrongPerMinute ?? defaultWrongPerMinute) / 60;
      bucket = new TokenBucket({ perSecond, burst: freeGuesses }, this.#options.clock);
      this.#guesses.set(subject, bucket);
    }
    return bucket;
  }
}

function answer(isRight: boolean): GateAnswer {
  return { type: isRight ? 'right' : 'wrong' };
}

const maxRemembered = 10_000;
const defaultRememberMs = 5 * 60_000;
const defaultMaxWaiting = 50;
const defaultWrongPerMinute = 10;
const freeGuesses = 10;
const busySeconds = 5;

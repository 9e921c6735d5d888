/**
 * HTTP basic authentication as git-annex's client does it: a first request without, and when the server answers 401,
 * once more with what the source of credentials gives. What was taken is sent right away from then on.
 *
 * The alphabet is base64url, the only one that git-annex's server reads.
 */

import type { Clock } from '../../../util/clock.ts';
import type { Credentials } from '../access.ts';
import { encodeBase64url } from '../values.ts';
import type { CredentialSource } from './credential-source.ts';

export interface SignInOptions {
  /** Known beforehand, from the URL. */
  readonly credentials: Credentials | undefined;
  readonly source: CredentialSource | undefined;
  readonly clock: Clock;
}

export class SignIn {
  readonly #options: SignInOptions;
  /** What the source gave; it goes before what the URL says. */
  #given: Credentials | undefined;
  #isApproved = false;
  #asking: Promise<boolean> | undefined;
  #silentUntilMs: number = -Infinity;

  constructor(options: SignInOptions) {
    this.#options = options;
  }

  /** The Authorization header, as names and values by turns. */
  headers(): readonly string[] {
    const now = this.#given ?? this.#options.credentials;
    if (now === undefined) return [];
    return ['Authorization', `Basic ${encodeBase64url(`${now.user}:${now.password}`)}`];
  }

  /** A request with these headers did well. */
  async accepted(sent: readonly string[]): Promise<void> {
    if (this.#given === undefined || this.#isApproved || sent[1] !== this.headers()[1]) return;
    this.#isApproved = true;
    await this.#options.source?.approve(this.#given).catch(() => undefined);
  }

  /**
   * After a 401 to a request with these headers: whether another try is worth it. Many requests may ask at once, and the
   * source is asked for one.
   */
  async refused(sent: readonly string[]): Promise<boolean> {
    if (sent[1] !== this.headers()[1]) return true;
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return await this.#asking;
  }

  async #ask(): Promise<boolean> {
    const { source, clock } = this.#options;
    const wrong = this.#given;
    if (wrong !== undefined) {
      this.#given = undefined;
      await source?.reject(wrong).catch(() => undefined);
    } else if (source !== undefined && clock.now() >= this.#silentUntilMs) {
      this.#given = await source.fill().catch(() => undefined);
      this.#isApproved = false;
      if (this.#given !== undefined) return true;
    }
    // A helper may ask a person, who does not want to be asked for every request.
    this.#silentUntilMs = clock.now() + askAgainMs;
    return false;
  }
}

const askAgainMs = 30_000;

/**
 * LOCKCONTENT over HTTP.
 *
 *     C: POST /git-annex/UUID/v4/lockcontent?key=KEY&clientuuid=UUID
 *     S: 200 {"locked":true,"lockid":"LOCK1"}            holds for ten minutes, whatever becomes of the connection
 *     C: POST .../lockcontent?key=KEY                    to extend it: one more lock
 *     S: 200 {"locked":true,"lockid":"LOCK2"}
 *     C: POST .../keeplocked?lockid=LOCK1  {"unlock":true}
 *     S: 200 {"locked":false}
 *
 * A lock is never kept by a keeplocked request that stays open, as stock clients do: git-annex lets go of the content when
 * that connection breaks, and many a web server between does not pass on a body that has not ended.
 */

import type { ContentLock, Context, NotLocked } from '../../../remote/remote.ts';
import { AnnexError } from '../../../types/annex-error.ts';
import type { Key } from '../../../types/key.ts';
import type { UUID } from '../../../types/uuid.ts';
import { byteStringToBytes } from '../../../util/byte-string.ts';
import type { AnnexApi, Asking } from './annex-api.ts';
import { booleanOf, reasonOf, uuidOf } from './answer.ts';

/** As `Remote.lockContent`. */
export async function lockOver(api: AnnexApi, key: Key, context: Context): Promise<ContentLock | NotLocked> {
  const taken = await take(api, key, context);
  return taken.locked ? new HttpLock(api, { key, taken, context }) : taken;
}

interface Taken {
  readonly locked: true;
  readonly lockID: UUID;
  readonly untilMs: number;
}

async function take(api: AnnexApi, key: Key, asking: Asking): Promise<Taken | NotLocked> {
  const startMs = api.clock.now();
  const reply = await api.ask({ endpoint: 'lockcontent', query: { key } }, asking);
  if (reply === undefined) throw new AnnexError('invariant', 'no version for lockcontent');
  const answer = await api.json(reply);
  if (!booleanOf(answer, 'locked')) {
    return { locked: false, reason: reasonOf(answer, `${api.who} cannot lock ${key}`) };
  }
  const lockID = uuidOf(answer['lockid']);
  if (lockID === undefined) throw new AnnexError('protocol', `${api.who} gives no lockid for ${key}`);
  return { locked: true, lockID, untilMs: startMs + lockRetentionMs };
}

class HttpLock implements ContentLock {
  readonly locked = true;
  readonly #api: AnnexApi;
  readonly #key: Key;
  /** As it was asked for, but outliving the one who asked. */
  readonly #asking: Omit<Asking, 'signal'>;
  #taken: Taken | undefined;
  #untilMs: number;
  #extending: Promise<void> | undefined;

  constructor(
    api: AnnexApi,
    options: { readonly key: Key; readonly taken: Taken; readonly context: Context },
  ) {
    const { clientUUID, bypass } = options.context;
    this.#api = api;
    this.#key = options.key;
    this.#asking = { clientUUID, bypass };
    this.#taken = options.taken;
    this.#untilMs = options.taken.untilMs;
  }

  get untilMs(): number {
    return this.#untilMs;
  }

  /** Extensions at the same time are one. */
  async extend(): Promise<void> {
    this.#extending ??= this.#extend().finally(() => {
      this.#extending = undefined;
    });
    await this.#extending;
  }

  async release(): Promise<void> {
    const taken = this.#taken;
    if (taken === undefined) return;
    this.#taken = undefined;
    const hasRunOut = this.#api.clock.now() >= this.#untilMs;
    this.#untilMs = -Infinity;
    if (!hasRunOut) await this.#unlock(taken.lockID);
  }

  async #extend(): Promise<void> {
    const before = this.#taken;
    const next =
      before === undefined ? undefined : await this.#bounded((asking) => take(this.#api, this.#key, asking));
    if (next?.locked === false) throw new AnnexError('remote', `the lock cannot be extended: ${next.reason}`);
    // Between two locks that do not overlap the content may have gone and come again.
    const isUnbroken = this.#taken === before && this.#api.clock.now() < this.#untilMs;
    const outlived = isUnbroken ? before : next;
    if (next !== undefined && isUnbroken) {
      this.#taken = next;
      this.#untilMs = next.untilMs;
    }
    // It runs out by itself where this fails.
    if (outlived !== undefined) await this.#unlock(outlived.lockID).catch(() => undefined);
    if (!isUnbroken || next === undefined) throw new AnnexError('remote', 'the content lock has run out');
  }

  async #unlock(lockID: UUID): Promise<void> {
    const question = {
      endpoint: 'keeplocked',
      query: { lockid: lockID },
      headers: ['Content-Type', 'application/json', 'Accept', 'application/json'],
      body: unlockBody,
    };
    await this.#bounded(async (asking) => {
      await this.#api.json(await this.#api.askVersion('known', question, asking));
    });
  }

  /** A server that does not answer must not use up the time that the lock still holds. */
  async #bounded<T>(run: (asking: Asking) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    const timer = this.#api.clock.after(answerLimitMs, () => {
      controller.abort(new AnnexError('peer', `${this.#api.who} does not answer about a content lock`));
    });
    try {
      return await run({ ...this.#asking, signal: controller.signal });
    } finally {
      timer.cancel();
    }
  }
}

const unlockBody = byteStringToBytes('{"unlock":true}\n');
const answerLimitMs = 60_000;
const lockRetentionMs = 600_000;

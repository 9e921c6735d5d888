/**
 * An upload over HTTP: one PUT whose body is what is sent.
 *
 *     C: POST /git-annex/UUID/v4/put?key=KEY&clientuuid=UUID&associatedfile=FILE&offset=2000
 *        X-git-annex-data-length: 1000
 *        Transfer-Encoding: chunked, 1000 bytes
 *     S: 200 {"stored":true,"plusuuids":[]}
 *
 * The last byte is held back until the content is known to be valid: a body that ends without it says that it is not.
 * An upload that is aborted also ends its body short, rather than the connection, so that the server keeps the rest to
 * resume from: git-annex's server is at a loss for long where a connection breaks. What is sent is copied in small pieces,
 * since a chunk may be overwritten as soon as its upload is aborted.
 */

import type { Context, Stored, StoreOptions, Upload, Validity } from '../../../remote/remote.ts';
import { AnnexError } from '../../../types/annex-error.ts';
import { backendOf } from '../../../types/backend.ts';
import { keySizeBytes, keyVariety, parentKey, type Key } from '../../../types/key.ts';
import type { Version } from '../endpoint.ts';
import type { AnnexApi, Asking, Question } from './annex-api.ts';
import { booleanOf, plusUUIDsOf, reasonOf } from './answer.ts';
import { BodyPipe } from './body-pipe.ts';
import { askPresent } from './presence.ts';

export interface HttpUploadOptions {
  readonly api: AnnexApi;
  readonly key: Key;
  readonly offset: number;
  readonly version: Version;
  readonly digest: StoreOptions['digest'];
  readonly context: Context;
  /** Called once, when the server has let go of the key as far as can be told. */
  readonly ended: () => void;
}

type Outcome =
  | { readonly ok: true; readonly stored: Stored }
  | { readonly ok: false; readonly error: unknown };

export class HttpUpload implements Upload {
  readonly type = 'upload';
  readonly offset: number;
  readonly #options: HttpUploadOptions;
  readonly #pipe: BodyPipe = new BodyPipe();
  readonly #connection: AbortController = new AbortController();
  readonly #onAbort: () => void;
  /** Bytes that will be sent, and that were given by the caller so far. */
  #announcedBytes: number | undefined;
  #givenBytes = 0;
  #lastByte: Uint8Array | undefined;
  /** Of the request, once it was begun; never rejects. */
  #outcome: Promise<Outcome> | undefined;
  #early: Outcome | undefined;
  #isOver = false;
  #aborting: Promise<void> | undefined;

  constructor(options: HttpUploadOptions) {
    this.#options = options;
    this.offset = options.offset;
    this.#onAbort = () => {
      if (!this.#isOver) void this.abort();
      // All was sent, and the answer is not wanted any more.
      else if (this.#aborting === undefined) this.#connection.abort(options.context.signal.reason);
    };
    options.context.signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  announce(lengthBytes: number): void {
    this.#announcedBytes = lengthBytes;
  }

  async send(chunk: Uint8Array): Promise<void> {
    this.#refuseIfOver();
    if (chunk.length === 0) return;
    const announcedBytes = this.#announcedBytes ?? 0;
    this.#givenBytes += chunk.length;
    const tooLong = this.#whyTooLong(announcedBytes);
    if (tooLong !== undefined) {
      await this.abort();
      throw new AnnexError('protocol', tooLong);
    }
    this.#outcome ??= this.#request(announcedBytes);
    const isLast = this.#givenBytes === announcedBytes;
    if (isLast) this.#lastByte = chunk.slice(-1);
    const now = isLast ? chunk.subarray(0, -1) : chunk;
    for (let start = 0; start < now.length; start += pieceBytes) {
      await this.#pipe.send(now.slice(start, start + pieceBytes));
      this.#refuseIfOver();
    }
    // The server has answered already, and what it said decides whether there is a point in going on.
    if (this.#pipe.isClosed) await this.#outcome;
    this.#refuseIfOver();
    if (this.#early?.ok === false) {
      const { error } = this.#early;
      await this.abort();
      throw error;
    }
  }

  async finish(validity: Validity): Promise<Stored> {
    this.#refuseIfOver();
    const announcedBytes = this.#announcedBytes ?? 0;
    this.#outcome ??= this.#request(announcedBytes);
    this.#isOver = true;
    const isValid = this.#isValid(validity);
    const isWhole = this.#givenBytes === announcedBytes;
    if (isValid && this.#lastByte !== undefined) this.#pipe.end([this.#lastByte]);
    // Nothing cannot come short; a body that is too long is not valid either.
    else if (!isValid && announcedBytes === 0) this.#pipe.end([oneByte]);
    else this.#pipe.end([]);
    const stored = await this.#answered(await this.#outcome);
    if (stored.stored || (isValid && isWhole)) return stored;
    const { key } = this.#options;
    const reason = isWhole
      ? `what was sent is not sure to be ${key}`
      : `${this.#givenBytes} of ${announcedBytes} bytes of ${key} were sent`;
    return { ...stored, reason: `${reason}; ${stored.reason}` };
  }

  async dataPresent(): Promise<Stored> {
    this.#refuseIfOver();
    if (this.#outcome !== undefined) throw new AnnexError('invariant', 'content was sent already');
    this.#isOver = true;
    try {
      return await this.#askDataPresent();
    } finally {
      this.#close();
    }
  }

  abort(): Promise<void> {
    if (!this.#isOver) {
      this.#isOver = true;
      this.#aborting = this.#end();
    }
    return this.#aborting ?? Promise.resolve();
  }

  async #end(): Promise<void> {
    const outcome = this.#outcome;
    if (outcome === undefined) {
      this.#close();
      return;
    }
    this.#pipe.end([]);
    const timer = this.#options.api.clock.after(abortLimitMs, () => {
      this.#connection.abort(new AnnexError('peer', 'the upload was aborted'));
      this.#pipe.close();
    });
    await outcome;
    timer.cancel();
    this.#close();
  }

  /** The content as the sender says, or as the caller's digest does where it saw all of it. */
  #isValid(validity: Validity): boolean {
    const { digest, key } = this.#options;
    const isVerifiable = parentKey(key) === key && backendOf(keyVariety(key)).hash !== undefined;
    if (digest === undefined || this.offset > 0 || !isVerifiable) return validity === 'valid';
    return digest.matches();
  }

  #whyTooLong(announcedBytes: number): string | undefined {
    const { key } = this.#options;
    if (this.#givenBytes > announcedBytes) return `more bytes of ${key} than the ${announcedBytes} announced`;
    const sizeBytes = parentKey(key) === key ? keySizeBytes(key) : undefined;
    return sizeBytes !== undefined && this.offset + announcedBytes > sizeBytes
      ? `more bytes than ${key} has`
      : undefined;
  }

  async #request(lengthBytes: number): Promise<Outcome> {
    const { key, offset, context } = this.#options;
    const question: Question = {
      endpoint: 'put',
      query: { key, associatedfile: context.associatedFile, offset: `${offset}` },
      headers: this.#headers(lengthBytes),
      body: this.#pipe,
      isTransfer: true,
      // git-annex hashes the part that it has before it takes a byte; others read all of it at the end.
      work: { beforeBytes: offset, afterBytes: offset + lengthBytes },
    };
    try {
      this.#early = { ok: true, stored: await this.#put(question, this.#connection.signal) };
    } catch (error) {
      this.#early = { ok: false, error };
    }
    // Whoever still sends need not.
    this.#pipe.close();
    return this.#early;
  }

  async #put(question: Question, signal: AbortSignal): Promise<Stored> {
    const { api, key, version, context } = this.#options;
    const asking: Asking = { clientUUID: context.clientUUID, bypass: context.bypass, signal };
    const answer = await api.json(await api.askVersion(version, question, asking));
    const plusUUIDs = plusUUIDsOf(answer, api.uuid);
    if (booleanOf(answer, 'stored')) return { stored: true, plusUUIDs };
    return { stored: false, reason: reasonOf(answer, `${api.who} did not store ${key}`), plusUUIDs };
  }

  async #answered(outcome: Outcome): Promise<Stored> {
    const { signal } = this.#options.context;
    this.#close();
    if (outcome.ok) return outcome.stored;
    signal.throwIfAborted();
    throw outcome.error;
  }

  async #askDataPresent(): Promise<Stored> {
    const { api, key, context, version } = this.#options;
    if (version >= 4) {
      const query = { key, associatedfile: context.associatedFile, 'data-present': 'true' };
      return await this.#put({ endpoint: 'put', query, headers: this.#headers(0) }, context.signal);
    }
    if (await askPresent(key, api, context)) return { stored: true, plusUUIDs: [] };
    return { stored: false, reason: `${key} is not present`, plusUUIDs: [] };
  }

  #headers(lengthBytes: number): readonly string[] {
    return [
      'Accept',
      'application/json',
      'Content-Type',
      'application/octet-stream',
      'X-git-annex-data-length',
      `${lengthBytes}`,
    ];
  }

  #close(): void {
    this.#options.context.signal.removeEventListener('abort', this.#onAbort);
    this.#options.ended();
  }

  #refuseIfOver(): void {
    this.#options.context.signal.throwIfAborted();
    if (this.#isOver) throw new AnnexError('invariant', `the upload of ${this.#options.key} is over`);
  }
}

const pieceBytes = 65_536;
const oneByte = new Uint8Array(1);
const abortLimitMs = 5000;

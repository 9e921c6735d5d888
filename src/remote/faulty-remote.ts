/**
 * A Remote that goes wrong on demand, for tests and the simulator: before each step it asks what should happen.
 *
 * Faults are those that real nodes have: they are away, refuse, stop answering, end early, give other bytes than they
 * hold, or do what was asked and then are not heard.
 */

import { AnnexError } from '../types/annex-error.ts';
import type { Key } from '../types/key.ts';
import type { UUID } from '../types/uuid.ts';
import type {
  Content,
  ContentDigest,
  ContentLock,
  Context,
  NotLocked,
  Refused,
  Remote,
  RemoteTraits,
  Removed,
  RemoveOptions,
  RetrieveOptions,
  StoreAnswer,
  Stored,
  StoreOptions,
  Upload,
} from './remote.ts';

export type FaultyStep =
  | 'checkPresent'
  | 'lockContent'
  | 'retrieve'
  /** Each chunk of a download. */
  | 'chunk'
  | 'store'
  /** Each chunk of an upload. */
  | 'send'
  | 'finish'
  | 'dataPresent'
  | 'remove'
  | 'timestamp';

export type Fault =
  | { readonly type: 'throw'; readonly error?: Error | undefined }
  /** Does the step, and then throws: the answer was lost. */
  | { readonly type: 'throw-after'; readonly error?: Error | undefined }
  /** Does nothing until the signal is aborted. */
  | { readonly type: 'stall' }
  /** Waits for a promise, then goes on. */
  | { readonly type: 'wait'; readonly until: Promise<unknown> }
  /** Of `store`. */
  | { readonly type: 'refuse'; readonly code: Refused['code'] }
  /** Of `chunk`: the download ends early, without an error. */
  | { readonly type: 'short' }
  /** Of `chunk` and `send`: other bytes of the same length. */
  | { readonly type: 'wrong' };

/** Decides what goes wrong at a step; undefined for nothing. */
export type FaultPlan = (step: FaultyStep, key: Key | undefined) => Fault | undefined;

export class FaultyRemote implements Remote {
  readonly uuid: UUID;
  readonly traits: RemoteTraits;
  readonly #remote: Remote;
  readonly #plan: FaultPlan;

  constructor(remote: Remote, plan: FaultPlan) {
    this.#remote = remote;
    this.#plan = plan;
    this.uuid = remote.uuid;
    this.traits = remote.traits;
  }

  checkPresent(key: Key, context: Context): Promise<boolean> {
    return this.#step('checkPresent', { key, context }, () => this.#remote.checkPresent(key, context));
  }

  lockContent(key: Key, context: Context): Promise<ContentLock | NotLocked> {
    return this.#step('lockContent', { key, context }, () => this.#remote.lockContent(key, context));
  }

  async retrieve(key: Key, options: RetrieveOptions, context: Context): Promise<Content | undefined> {
    const content = await this.#step('retrieve', { key, context }, () =>
      this.#remote.retrieve(key, options, context),
    );
    return (
      content && {
        ...content,
        validity: () => content.validity(),
        chunks: this.#chunks(content, key, context),
      }
    );
  }

  async store(key: Key, options: StoreOptions, context: Context): Promise<StoreAnswer> {
    const fault = this.#plan('store', key);
    if (fault?.type === 'refuse') return { type: 'refused', code: fault.code, reason: 'refused on purpose' };
    const spoiling: Spoiling = { spoiled: false };
    const digest = options.digest && spoilable(options.digest, spoiling);
    const answer = await this.#do(fault, context, () =>
      this.#remote.store(key, { ...options, digest }, context),
    );
    return answer.type === 'upload' ? this.#upload(answer, { key, context, spoiling }) : answer;
  }

  remove(key: Key, options: RemoveOptions, context: Context): Promise<Removed> {
    return this.#step('remove', { key, context }, () => this.#remote.remove(key, options, context));
  }

  timestamp(context: Context): Promise<number> {
    return this.#step('timestamp', { key: undefined, context }, () => this.#remote.timestamp(context));
  }

  /** A generator that was never asked for anything would not let go of its content when it is returned. */
  #chunks(content: Content, key: Key, context: Context): AsyncIterable<Uint8Array> {
    const inner = content.chunks[Symbol.asyncIterator]();
    const outer = this.#faultyChunks({ [Symbol.asyncIterator]: () => inner }, key, context);
    const iterator = {
      next: () => outer.next(),
      return: async () => {
        await inner.return?.();
        return await outer.return(undefined);
      },
    };
    return { [Symbol.asyncIterator]: () => iterator };
  }

  async *#faultyChunks(
    chunks: AsyncIterable<Uint8Array>,
    key: Key,
    context: Context,
  ): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      const fault = this.#plan('chunk', key);
      if (fault?.type === 'short') return;
      yield await this.#do(fault, context, () =>
        Promise.resolve(fault?.type === 'wrong' ? spoiled(chunk) : chunk),
      );
    }
  }

  #upload(upload: Upload, { key, context, spoiling }: UploadSubject): Upload {
    const end = (step: FaultyStep, run: () => Promise<Stored>): Promise<Stored> =>
      this.#step(step, { key, context }, run);
    return {
      type: 'upload',
      offset: upload.offset,
      announce: (lengthBytes) => upload.announce(lengthBytes),
      send: async (chunk) => {
        const fault = this.#plan('send', key);
        const bytes = fault?.type === 'wrong' ? spoiled(chunk) : chunk;
        if (bytes !== chunk) spoiling.spoiled = true;
        try {
          await this.#do(fault, context, () => upload.send(bytes));
        } catch (error) {
          await upload.abort();
          throw error;
        }
      },
      finish: (validity) => end('finish', () => upload.finish(validity)),
      dataPresent: () => end('dataPresent', () => upload.dataPresent()),
      abort: () => upload.abort(),
    };
  }

  #step<T>(step: FaultyStep, { key, context }: StepSubject, run: () => Promise<T>): Promise<T> {
    return this.#do(this.#plan(step, key), context, run);
  }

  async #do<T>(fault: Fault | undefined, context: Context, run: () => Promise<T>): Promise<T> {
    if (fault?.type === 'throw') throw fault.error ?? new AnnexError('peer', 'failed on purpose');
    if (fault?.type === 'stall') await stall(context.signal);
    if (fault?.type === 'wait') await fault.until;
    const result = await run();
    if (fault?.type === 'throw-after')
      throw fault.error ?? new AnnexError('peer', 'lost the answer on purpose');
    return result;
  }
}

interface StepSubject {
  readonly key: Key | undefined;
  readonly context: Context;
}

interface Spoiling {
  spoiled: boolean;
}

interface UploadSubject {
  readonly key: Key;
  readonly context: Context;
  readonly spoiling: Spoiling;
}

/** The caller's digest saw the bytes before they were spoiled here, and cannot tell. */
function spoilable(digest: ContentDigest, spoiling: Spoiling): ContentDigest {
  return {
    update: (chunk) => digest.update(chunk),
    matches: () => digest.matches() && !spoiling.spoiled,
  };
}

function stall(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const give = (): void => reject(signal.reason as Error);
    if (signal.aborted) give();
    else signal.addEventListener('abort', give, { once: true });
  });
}

function spoiled(chunk: Uint8Array): Uint8Array {
  return chunk.map((byte) => byte ^ 0xff);
}

/**
 * A Remote that tells what is asked of it: each operation when it is over, transfers and locks while they last, and when a
 * node that had failed answers again. Around every node and the gateway's own repository, whichever door asked.
 *
 * Changes nothing of what is asked and answered. A chunk costs an addition; in a trace, the Remote is asked as a child.
 */

import { hasAnswered } from '../types/annex-error.ts';
import { deriveContext } from '../remote/derive-context.ts';
import type { EventSink, NodeOperation, Transfer } from '../types/event.ts';
import type { Key } from '../types/key.ts';
import { childTrace } from '../types/trace-context.ts';
import type { UUID } from '../types/uuid.ts';
import type { Clock, Rng } from '../util/clock.ts';
import type {
  Content,
  ContentLock,
  Context,
  NotLocked,
  Remote,
  RemoteTraits,
  Removed,
  RemoveOptions,
  RetrieveOptions,
  StoreAnswer,
  StoreOptions,
} from '../remote/remote.ts';
import { observedContent, observedUpload, type Watched } from './observed-transfer.ts';

export interface Observing {
  readonly report: EventSink;
  readonly clock: Clock;
  readonly rng: Rng;
  /** The UUID to tell of; its own where not given. A cluster behind another gateway is known by that gateway. */
  readonly reportedAs?: UUID | undefined;
}

export class ObservedRemote implements Remote {
  readonly uuid: UUID;
  readonly traits: RemoteTraits;
  readonly #remote: Remote;
  readonly #observing: Observing;
  readonly #node: UUID;
  #isFailing = false;

  constructor(remote: Remote, observing: Observing) {
    this.uuid = remote.uuid;
    this.traits = remote.traits;
    this.#remote = remote;
    this.#observing = observing;
    this.#node = observing.reportedAs ?? remote.uuid;
  }

  checkPresent(key: Key, context: Context): Promise<boolean> {
    return this.#watch('checkpresent', context, (inner) => this.#remote.checkPresent(key, inner));
  }

  async lockContent(key: Key, context: Context): Promise<ContentLock | NotLocked> {
    const answer = await this.#watch('lockcontent', context, (inner) => this.#remote.lockContent(key, inner));
    if (!answer.locked) return answer;
    const lock = new ObservedLock(answer, { node: this.#node, key, client: context.clientUUID });
    this.#observing.report({ type: 'content-locked', lock });
    return lock;
  }

  async retrieve(key: Key, options: RetrieveOptions, context: Context): Promise<Content | undefined> {
    const operation = this.#begin('get', context);
    try {
      const content = await this.#remote.retrieve(key, options, operation.context);
      if (content === undefined) operation.end();
      const { offset } = options;
      return content && observedContent(content, this.#transfer('download', { key, offset, operation }));
    } catch (error) {
      operation.end(error);
      throw error;
    }
  }

  async store(key: Key, options: StoreOptions, context: Context): Promise<StoreAnswer> {
    const operation = this.#begin('put', context);
    try {
      const answer = await this.#remote.store(key, options, operation.context);
      if (answer.type === 'upload') {
        const { offset } = answer;
        return observedUpload(answer, this.#transfer('upload', { key, offset, operation }));
      }
      operation.end();
      return answer;
    } catch (error) {
      operation.end(error);
      throw error;
    }
  }

  remove(key: Key, options: RemoveOptions, context: Context): Promise<Removed> {
    return this.#watch('remove', context, (inner) => this.#remote.remove(key, options, inner));
  }

  timestamp(context: Context): Promise<number> {
    return this.#watch('gettimestamp', context, (inner) => this.#remote.timestamp(inner));
  }

  async #watch<T>(
    name: NodeOperation['operation'],
    context: Context,
    ask: (inner: Context) => Promise<T>,
  ): Promise<T> {
    const operation = this.#begin(name, context);
    let answer: T;
    try {
      answer = await ask(operation.context);
    } catch (error) {
      operation.end(error);
      throw error;
    }
    operation.end();
    return answer;
  }

  #begin(name: NodeOperation['operation'], context: Context): Operation {
    const { clock, rng } = this.#observing;
    const startedMs = clock.now();
    const trace = context.trace && childTrace(context.trace, rng);
    return {
      startedMs,
      context: trace === undefined ? context : deriveContext(context, { trace }),
      end: (error) => {
        const { requestId } = context;
        const aborted = error !== undefined && context.signal.aborted;
        const durationMs = Math.max(0, clock.now() - startedMs);
        const what = { node: this.#node, operation: name, requestId, startedMs, durationMs };
        this.#observing.report({ type: 'node-operation', ...what, error, aborted, trace });
        if (!aborted) this.#noticed(error);
      },
    };
  }

  #noticed(error: unknown): void {
    const isFailing = error !== undefined && !hasAnswered(error);
    if (this.#isFailing && !isFailing) this.#observing.report({ type: 'node-back', node: this.#node });
    this.#isFailing = isFailing;
  }

  #transfer(
    direction: Transfer['direction'],
    about: { readonly key: Key; readonly offset: number; readonly operation: Operation },
  ): Watched {
    const { key, offset, operation } = about;
    const { associatedFile: file, clientUUID: client, requestId } = operation.context;
    const { startedMs } = operation;
    const { report } = this.#observing;
    const node = this.#node;
    const transfer: Watched['transfer'] = {
      direction,
      node,
      key,
      file,
      client,
      requestId,
      startedMs,
      offset,
      lengthBytes: 0,
      movedBytes: 0,
    };
    let isBegun = false;
    let isOver = false;
    return {
      transfer,
      context: operation.context,
      begin: (lengthBytes) => {
        transfer.lengthBytes = lengthBytes;
        if (isBegun || isOver) return;
        isBegun = true;
        report({ type: 'transfer-started', transfer });
      },
      end: (outcome, error) => {
        if (isOver) return;
        isOver = true;
        if (isBegun) report({ type: 'transfer-ended', transfer, outcome });
        operation.end(error);
      },
    };
  }
}

interface Operation {
  /** To ask the Remote with. */
  readonly context: Context;
  readonly startedMs: number;
  /** To be called once. */
  end(error?: unknown): void;
}

class ObservedLock implements ContentLock {
  readonly locked = true;
  readonly node: UUID;
  readonly key: Key;
  readonly client: UUID;
  readonly outlivesProcess: boolean | undefined;
  released = false;
  readonly #lock: ContentLock;

  constructor(lock: ContentLock, about: { readonly node: UUID; readonly key: Key; readonly client: UUID }) {
    this.#lock = lock;
    this.outlivesProcess = lock.outlivesProcess;
    this.node = about.node;
    this.key = about.key;
    this.client = about.client;
  }

  get untilMs(): number {
    return this.#lock.untilMs;
  }

  extend(): Promise<void> {
    return this.#lock.extend();
  }

  async release(): Promise<void> {
    this.released = true;
    await this.#lock.release();
  }
}

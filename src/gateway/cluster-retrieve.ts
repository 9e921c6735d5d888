/**
 * Downloads from a cluster: from the first node that has the content, and from another when that one fails.
 *
 * Before the first byte any node may take over. Afterwards one may only for keys with a cryptographic hash, which judges
 * the joined whole, and only at the offset already sent; other downloads fail. Nothing is ever sent twice.
 */

import { AnnexError } from '../types/annex-error.ts';
import { backendOf } from '../types/backend.ts';
import { keyVariety, type Key } from '../types/key.ts';
import type { ByteString } from '../util/byte-string.ts';
import type { Clock } from '../util/clock.ts';
import type { Content, Context, RetrieveOptions, Validity } from '../remote/remote.ts';
import { doubtful, sourcesFor, type FailedNode } from './cluster-candidates.ts';
import { explainFailures, type ClusterNode } from './cluster-node.ts';
import type { ClusterParts } from './cluster-parts.ts';
import type { NodeTransfer } from './node-loads.ts';

export interface ClusterRetrieveOptions extends RetrieveOptions {
  readonly parts: ClusterParts;
}

/** As `Remote.retrieve`. */
export async function retrieveFromCluster(
  key: Key,
  { parts, offset }: ClusterRetrieveOptions,
  context: Context,
): Promise<Content | undefined> {
  const nodes = sourcesFor(key, parts, context);
  const sources = new Sources({ key, parts, context: parts.nodeContext(context), nodes });
  const first = await sources.open(offset, undefined);
  if (first !== undefined) return new FailoverContent(first, sources, offset);
  const failures = await doubtful(key, sources.failures, parts);
  if (failures.length === 0) return undefined;
  throw new AnnexError('peer', `cannot get ${key}: ${explainFailures(failures)}`);
}

interface Source {
  readonly node: ClusterNode;
  readonly content: Content;
  readonly transfer: NodeTransfer;
}

interface SourcesOptions {
  readonly key: Key;
  readonly parts: ClusterParts;
  readonly context: Context;
  /** In the order in which they are asked; each is asked once. */
  readonly nodes: AsyncIterator<ClusterNode, undefined>;
}

/** The nodes that have not been asked so far. */
class Sources {
  readonly failures: FailedNode[] = [];
  readonly #options: SourcesOptions;

  constructor(options: SourcesOptions) {
    this.#options = options;
  }

  /** Whether a node may take over after a part was sent. */
  get joinable(): boolean {
    return backendOf(keyVariety(this.#options.key)).cryptographicallySecure;
  }

  /** The content from a node that has it; with `lengthBytes`, only where as many bytes are left. */
  async open(offset: number, lengthBytes: number | undefined): Promise<Source | undefined> {
    const { key, context, nodes } = this.#options;
    for (let next = await nodes.next(); next.done !== true; next = await nodes.next()) {
      const node = next.value;
      try {
        const content = await node.remote.retrieve(key, { offset }, context);
        if (content === undefined) continue;
        if (lengthBytes === undefined || content.lengthBytes === lengthBytes)
          return { node, content, transfer: this.#options.parts.loads.begin(node.remote.uuid) };
        await content.chunks[Symbol.asyncIterator]().return?.();
        const message = `has ${content.lengthBytes} more bytes of ${key}, another node ${lengthBytes}`;
        throw new AnnexError('remote', message);
      } catch (error) {
        this.failed(node, error);
      }
    }
    return undefined;
  }

  get clock(): Clock {
    return this.#options.parts.clock;
  }

  /** Throws on when it was the one who asked that went away. */
  failed(node: ClusterNode, error: unknown): void {
    const { context, parts } = this.#options;
    context.signal.throwIfAborted();
    this.failures.push({ node, error });
    parts.nodeFailed(node, 'get', error);
  }
}

/** One content out of several nodes' parts. An iterator by hand: an async generator that never ran frees nothing. */
class FailoverContent implements Content, AsyncIterableIterator<Uint8Array> {
  readonly lengthBytes: number;
  readonly stable: boolean;
  readonly file: ByteString | undefined;
  readonly #sources: Sources;
  readonly #offset: number;
  #source: Source;
  #iterator: AsyncIterator<Uint8Array>;
  #sentBytes = 0;
  #over = false;

  constructor(first: Source, sources: Sources, offset: number) {
    this.#source = first;
    this.#sources = sources;
    this.#offset = offset;
    this.#iterator = first.content.chunks[Symbol.asyncIterator]();
    this.lengthBytes = first.content.lengthBytes;
    this.stable = first.content.stable;
    this.file = first.content.file;
  }

  get chunks(): AsyncIterable<Uint8Array> {
    return this;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  validity(): Promise<Validity> {
    return this.#source.content.validity();
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    while (!this.#over) {
      try {
        const askedMs = this.#sources.clock.now();
        const result = await this.#read();
        if (result.done === true) {
          this.#end();
        } else {
          this.#sentBytes += result.value.length;
          this.#source.transfer.gave(result.value.length, this.#sources.clock.now() - askedMs);
        }
        return result;
      } catch (error) {
        await this.#takeOver(error);
      }
    }
    return ended;
  }

  async return(): Promise<IteratorResult<Uint8Array>> {
    if (!this.#over) {
      this.#end();
      await this.#iterator.return?.();
    }
    return ended;
  }

  #end(): void {
    this.#over = true;
    this.#source.transfer.end();
  }

  /** The next chunk, checked against what was announced. */
  async #read(): Promise<IteratorResult<Uint8Array>> {
    const result = await this.#iterator.next();
    const leftBytes = this.lengthBytes - this.#sentBytes;
    if (result.done === true) {
      if (leftBytes > 0) throw new AnnexError('peer', `ended ${leftBytes} bytes early`);
      return ended;
    }
    if (result.value.length > leftBytes) throw new AnnexError('peer', 'sent more bytes than it announced');
    const isLast = result.value.length === leftBytes;
    return isLast && this.stable && !this.#source.content.stable ? this.#judged(result.value) : result;
  }

  /**
   * It was announced that the bytes are sure to be valid, and then another node took over that only tells at the end:
   * its last chunk is held back until it has.
   */
  async #judged(last: Uint8Array): Promise<IteratorResult<Uint8Array>> {
    const value = last.slice();
    const end = await this.#iterator.next();
    if (end.done !== true) throw new AnnexError('peer', 'sent more bytes than it announced');
    if ((await this.#source.content.validity()) === 'invalid') {
      throw new AnnexError('verification', 'the content changed while it was read');
    }
    return { done: false, value };
  }

  async #takeOver(error: unknown): Promise<void> {
    // Not waited for: the node that failed may never answer.
    void abandon(this.#iterator);
    this.#source.transfer.end();
    try {
      this.#sources.failed(this.#source.node, error);
      if (this.#sentBytes > 0 && !this.#sources.joinable) throw error;
      const source = await this.#sources.open(
        this.#offset + this.#sentBytes,
        this.lengthBytes - this.#sentBytes,
      );
      if (source === undefined) {
        throw new AnnexError('peer', `no other node can go on: ${explainFailures(this.#sources.failures)}`);
      }
      this.#source = source;
      this.#iterator = source.content.chunks[Symbol.asyncIterator]();
      if (this.#over) {
        source.transfer.end();
        await this.#iterator.return?.();
      }
    } catch (failure) {
      this.#over = true;
      throw failure;
    }
  }
}

async function abandon(iterator: AsyncIterator<Uint8Array>): Promise<void> {
  try {
    await iterator.return?.();
  } catch {
    // It has failed already, and was reported.
  }
}

const ended: IteratorReturnResult<undefined> = { done: true, value: undefined };

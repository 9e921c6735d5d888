/**
 * An upload to the chosen nodes of a cluster at once.
 *
 * It is stored when at least one node stored it; which nodes did is recorded in the location log with one change, before
 * the answer. Nodes that had the content already are looked at again at the end, since a removal may have come meanwhile.
 */

import { AnnexError } from '../types/annex-error.ts';
import type { Key } from '../types/key.ts';
import type { UUID } from '../types/uuid.ts';
import type { AlreadyHave, ContentDigest, Context, Stored, Upload, Validity } from '../remote/remote.ts';
import { finishNodes, type Ended } from './cluster-finish.ts';
import { askNodes, type ClusterNode } from './cluster-node.ts';
import type { ClusterParts } from './cluster-parts.ts';
import { FanOut, type Receiver } from './fan-out.ts';
import type { NodeChoice } from './placement.ts';
import type { ShareableUpload } from './shared-upload.ts';

export interface ClusterUploadOptions {
  readonly key: Key;
  readonly context: Context;
  readonly parts: ClusterParts;
  readonly receivers: readonly Receiver[];
  /** Nodes that had the content when the upload began, and what they said. */
  readonly alreadyHave: readonly { readonly node: ClusterNode; readonly answer: AlreadyHave }[];
  /** Nodes that lack bytes before the offset; they are filled from a sibling afterwards. */
  readonly lacking: readonly ClusterNode[];
  /** Says which nodes are filled in place of those that fail from now on. */
  readonly choice: NodeChoice;
  /** The digest that is this upload's to feed; undefined where no node begins at 0. */
  readonly digest: ContentDigest | undefined;
}

export class ClusterUpload implements ShareableUpload {
  readonly type = 'upload';
  readonly offset: number;
  readonly #options: ClusterUploadOptions;
  readonly #fanOut: FanOut;
  readonly #onAbort: () => void;
  readonly #near: Promise<readonly UUID[]>;
  #tellNear: (present: readonly UUID[]) => void = () => undefined;
  #isNearKnown = false;
  #over = false;
  #aborting: Promise<void> | undefined;

  constructor(options: ClusterUploadOptions) {
    this.#options = options;
    this.#near = new Promise((resolve) => {
      this.#tellNear = (present) => {
        this.#isNearKnown = true;
        resolve(present);
      };
    });
    const { receivers, context, parts } = options;
    this.offset = Math.min(...receivers.map((receiver) => receiver.upload.offset));
    this.#fanOut = new FanOut({
      receivers,
      offset: this.offset,
      clock: parts.clock,
      stallMs: parts.stallMs,
      onDrop: ({ node, link }, error) => {
        // Frees what the node may still hold.
        link.abort(error);
        // Who went away is no fault of the nodes.
        if (!context.signal.aborted) parts.nodeFailed(node, 'store', error);
      },
    });
    this.#onAbort = () => void this.abort();
    context.signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  announce(lengthBytes: number): void {
    for (const { upload } of this.#fanOut.live)
      upload.announce(Math.max(0, this.offset + lengthBytes - upload.offset));
  }

  async send(chunk: Uint8Array): Promise<void> {
    this.#refuseIfOver();
    try {
      // Hashed while the nodes are at work on it.
      await Promise.all([this.#fanOut.send(chunk), this.#hash(chunk)]);
    } catch (error) {
      void this.abort();
      this.#options.context.signal.throwIfAborted();
      throw error;
    }
    this.#options.context.signal.throwIfAborted();
  }

  finish(validity: Validity): Promise<Stored> {
    const total = this.#fanOut.position;
    return this.#end((upload) =>
      // A node with a longer part than the content has is given the word `invalid`: it may only keep it if it verifies.
      upload.finish(upload.offset > total ? 'invalid' : validity),
    );
  }

  dataPresent(): Promise<Stored> {
    return this.#end((upload) => upload.dataPresent());
  }

  /** Resolves when every node has let go, whoever aborted first. */
  async abort(): Promise<void> {
    if (!this.#over) this.#aborting = this.#abortAll();
    await this.#aborting;
  }

  async #abortAll(): Promise<void> {
    const receivers = this.#fanOut.live;
    this.#close();
    this.#options.choice.end();
    await Promise.allSettled(receivers.map(({ upload }) => upload.abort()));
    for (const { link } of receivers) link.unlink();
  }

  async storedNear(): Promise<Stored> {
    if (this.#isNearKnown) return await this.stillStored();
    const near = await this.#near;
    if (near.length > 0) return await this.#recorded(() => Promise.resolve(near));
    const having = this.#options.alreadyHave.map(({ node }) => node);
    return await this.#recorded(() => this.#having(having.filter(({ gateway }) => gateway === undefined)));
  }

  async stillStored(): Promise<Stored> {
    const { receivers, alreadyHave } = this.#options;
    return await this.#recorded(() => this.#having([...receivers, ...alreadyHave].map(({ node }) => node)));
  }

  async #recorded(run: () => Promise<readonly UUID[]>): Promise<Stored> {
    const { key, context, parts } = this.#options;
    const present = await parts.tracker.track(key, {
      run,
      change: (found) => ({ present: found, missing: [] }),
      probe: (uuid) => parts.probe(uuid, key, context),
    });
    if (present.length === 0) return { stored: false, reason: `no node here has ${key}`, plusUUIDs: [] };
    return { stored: true, plusUUIDs: present.filter((uuid) => uuid !== parts.uuid) };
  }

  /** Asks them. Throws where none says yes and one could not be asked. */
  async #having(nodes: readonly ClusterNode[]): Promise<readonly UUID[]> {
    const { key, context, parts } = this.#options;
    const answers = await askNodes(nodes, {
      context: parts.nodeContext(context),
      clock: parts.clock,
      stallMs: parts.stallMs,
      ask: (node, nodeContext) => node.remote.checkPresent(key, nodeContext),
    });
    const having: UUID[] = [];
    for (const answer of answers) {
      if (!answer.ok) continue;
      answer.link.unlink();
      if (answer.value) having.push(answer.node.remote.uuid);
    }
    const failed = answers.find(({ ok }) => !ok);
    if (having.length === 0 && failed?.ok === false) throw failed.error;
    return having;
  }

  async #end(finish: (upload: Upload) => Promise<Stored>): Promise<Stored> {
    this.#refuseIfOver();
    const receivers = this.#fanOut.live;
    this.#close();
    const { key, context, parts, choice } = this.#options;
    const ended = await parts.tracker
      .track(key, {
        run: () => this.#finishNodes(receivers, finish),
        change: ({ present }) => ({ present, missing: [] }),
        probe: (uuid) => parts.probe(uuid, key, context),
      })
      .catch((error: unknown) => {
        choice.end();
        throw error;
      })
      .finally(() => {
        for (const { link } of receivers) link.unlink();
      });
    const plusUUIDs = [...new Set([...ended.present, ...ended.behind])].filter((uuid) => uuid !== parts.uuid);
    if (ended.stored) {
      parts.report({ type: 'stored', key, uuids: plusUUIDs });
      await this.#fill(ended);
      return { stored: true, plusUUIDs };
    }
    choice.end();
    context.signal.throwIfAborted();
    return { stored: false, reason: ended.reason, plusUUIDs };
  }

  #finishNodes(receivers: readonly Receiver[], finish: (upload: Upload) => Promise<Stored>): Promise<Ended> {
    const { dropped } = this.#fanOut;
    return finishNodes(receivers, {
      ...this.#options,
      finish,
      dropped,
      near: this.#tellNear,
    });
  }

  /** Nodes that were left out, and those in place of failed ones, get the content from those that have it now. */
  async #fill({ storedBy, failed }: Ended): Promise<void> {
    const { key, context, parts, lacking, choice } = this.#options;
    const { filler } = parts;
    if (filler === undefined) return choice.end();
    // The upload is stored whatever becomes of this.
    const instead = failed.length === 0 ? [] : await choice.instead(failed).catch(() => []);
    const left = new Set([...lacking, ...instead]);
    choice.end([...left]);
    for (const to of left) {
      const done = (): void => {
        left.delete(to);
        choice.end([...left]);
      };
      filler.add({ key, from: storedBy, to, context: parts.nodeContext(context), done });
    }
  }

  async #hash(chunk: Uint8Array): Promise<void> {
    this.#options.digest?.update(chunk);
  }

  #close(): void {
    this.#over = true;
    this.#fanOut.close();
    this.#options.context.signal.removeEventListener('abort', this.#onAbort);
  }

  #refuseIfOver(): void {
    this.#options.context.signal.throwIfAborted();
    if (this.#over) throw new AnnexError('invariant', `the upload of ${this.#options.key} is over`);
  }
}

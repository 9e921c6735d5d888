/**
 * Beginning an upload to a cluster: which nodes take it, which have it already, and from where the sender sends.
 *
 * A node that refuses, fails or has the content already concerns itself alone. Until a byte has passed, another takes the
 * place of one that cannot.
 */

import { AnnexError } from '../types/annex-error.ts';
import { isClusterUUID } from '../types/cluster-uuid.ts';
import type { Key } from '../types/key.ts';
import type { UUID } from '../types/uuid.ts';
import type {
  AlreadyHave,
  ContentDigest,
  Context,
  Refused,
  StoreAnswer,
  StoreOptions,
} from '../remote/remote.ts';
import { askNodes, explainFailures, messageOf, type ClusterNode } from './cluster-node.ts';
import type { ClusterParts } from './cluster-parts.ts';
import { ClusterUpload } from './cluster-upload.ts';
import { countedUpload } from './counted-transfer.ts';
import type { Receiver } from './fan-out.ts';
import type { NodeChoice } from './placement.ts';
import { refuseUnloggable } from './refuse-unloggable.ts';
import type { ShareableAnswer } from './shared-upload.ts';

export interface ClusterStoreOptions extends Pick<StoreOptions, 'from'> {
  readonly parts: ClusterParts;
}

/** As `Remote.store`. */
export async function storeToCluster(
  key: Key,
  options: ClusterStoreOptions,
  context: Context,
): Promise<ShareableAnswer> {
  const { parts } = options;
  const unloggable = refuseUnloggable(key);
  if (unloggable !== undefined) return unloggable;
  const digest = parts.makeDigest(key);
  const opened = new OpenedNodes();
  try {
    await parts.tracker.track(key, {
      run: () => openNodes(key, { opened, parts, digest, from: options.from ?? 0 }, context),
      change: () => ({ present: opened.havingUUIDs(), missing: [] }),
      probe: (uuid) => parts.probe(uuid, key, context),
    });
    context.signal.throwIfAborted();
  } catch (error) {
    opened.choice?.end();
    await Promise.allSettled(opened.receivers.map(({ upload }) => upload.abort()));
    throw error;
  }
  const { receivers, having, choice } = opened;
  if (receivers.length > 0 && choice !== undefined) {
    for (const { node, error, code } of opened.failures) {
      if (code === 'behind' && parts.filler === undefined) parts.nodeFailed(node, 'store', error);
    }
    const fed = receivers.some(({ upload }) => upload.offset === 0);
    const lacking = opened.failures.flatMap(({ node, code }) => (code === 'behind' ? [node] : []));
    return new ClusterUpload({
      key,
      context,
      parts,
      receivers,
      alreadyHave: having,
      lacking,
      choice,
      digest: fed ? digest : undefined,
    });
  }
  choice?.end();
  if (having.length > 0) {
    return { type: 'already-have', plusUUIDs: opened.havingUUIDs().filter((uuid) => uuid !== parts.uuid) };
  }
  return opened.refusal(key);
}

/** What became of each node that was asked to take a key. */
class OpenedNodes {
  readonly receivers: Receiver[] = [];
  choice: NodeChoice | undefined;
  readonly having: { readonly node: ClusterNode; readonly answer: AlreadyHave }[] = [];
  readonly failures: {
    readonly node: ClusterNode;
    readonly error: unknown;
    readonly code: Refused['code'];
  }[] = [];

  havingUUIDs(): readonly UUID[] {
    const uuids = this.having.flatMap(({ node, answer }) => [node.remote.uuid, ...answer.plusUUIDs]);
    return [...new Set(uuids)];
  }

  /** Of a cluster where no node can take the key. Busy and behind come first: they are the ones that pass soon. */
  refusal(key: Key): Refused {
    const full = this.choice?.full ?? [];
    if (this.failures.length === 0 && full.length > 0) {
      const names = full.map(({ name }) => name).join(', ');
      return {
        type: 'refused',
        code: 'no-space',
        reason: `no room for ${key}: these nodes are full: ${names}`,
      };
    }
    const codes = new Set(this.failures.map(({ code }) => code));
    const [only] = codes;
    const soon = (['busy', 'behind'] as const).find((code) => codes.has(code));
    const code = soon ?? (codes.size === 1 && only !== undefined ? only : 'unavailable');
    const names = full.map(({ name }) => name);
    const reason =
      this.failures.length > 0 ? explainFailures(this.failures) : 'the cluster has no node to ask';
    return {
      type: 'refused',
      code,
      reason: names.length === 0 ? reason : `${reason}; full: ${names.join(', ')}`,
    };
  }
}

interface OpenOptions {
  readonly opened: OpenedNodes;
  readonly parts: ClusterParts;
  readonly digest: ContentDigest;
  readonly from: number;
}

async function openNodes(key: Key, options: OpenOptions, context: Context): Promise<void> {
  const { opened, parts } = options;
  const all = parts.nodesFor(context);
  if (all.length === 0) return;
  const logged = new Set(await parts.tracker.locations(key));
  const { associatedFile, signal } = context;
  const choice = await parts.placement.choose({ key, associatedFile, nodes: all, logged, signal });
  opened.choice = choice;
  let round = choice.chosen;
  while (round.length > 0 && !context.signal.aborted) {
    const failedBefore = opened.failures.length;
    await openRound(key, { ...options, round }, context);
    // One that is behind is filled afterwards, in its own place.
    const failed = opened.failures.slice(failedBefore).filter(({ code }) => code !== 'behind');
    round =
      failed.length === 0
        ? []
        : await chooseInstead(
            failed.map(({ node }) => node),
            { opened, parts, choice },
          );
  }
}

/** Where some take the content, it is stored whatever becomes of this. */
async function chooseInstead(
  failed: readonly ClusterNode[],
  { opened, parts, choice }: Pick<OpenOptions, 'opened' | 'parts'> & { readonly choice: NodeChoice },
): Promise<readonly ClusterNode[]> {
  try {
    return await choice.instead(failed);
  } catch (error) {
    if (opened.receivers.length === 0) throw error;
    const message = `no other node is chosen in place of those that fail: ${messageOf(error)}`;
    parts.report({ type: 'warning', message });
    return [];
  }
}

async function openRound(
  key: Key,
  { opened, parts, digest, from, round }: OpenOptions & { readonly round: readonly ClusterNode[] },
  context: Context,
): Promise<void> {
  const fail = (node: ClusterNode, error: unknown, code: Refused['code']): void => {
    opened.failures.push({ node, error, code });
    // What is behind is no fault of the node; it is told of where others go on without it.
    if (!context.signal.aborted && code !== 'behind') parts.nodeFailed(node, 'store', error);
  };
  const answers = await askNodes<StoreAnswer>(round, {
    context: parts.nodeContext(context),
    clock: parts.clock,
    stallMs: parts.stallMs,
    ask: (node, nodeContext) => node.remote.store(key, { digest, from }, nodeContext),
    late: (answer) => {
      if (answer.type === 'upload') void answer.abort();
    },
  });
  for (const answer of answers) {
    const { node } = answer;
    if (!answer.ok) {
      fail(node, answer.error, 'unavailable');
      continue;
    }
    const { value, link } = answer;
    if (value.type === 'upload' && value.offset >= from) {
      const transfer = parts.loads.begin(node.remote.uuid);
      const upload = countedUpload(value, { transfer, signal: link.signal });
      opened.receivers.push({ node, upload, link });
      continue;
    }
    link.unlink();
    if (value.type === 'already-have' && hasNobody(value, node)) {
      // What git-annex says of a cluster that has no node to take it.
      fail(node, new AnnexError('remote', `names no repository that has ${key}`), 'unavailable');
    } else if (value.type === 'already-have') {
      opened.having.push({ node, answer: value });
    } else if (value.type === 'refused') {
      fail(node, new AnnexError(value.code === 'busy' ? 'busy' : 'remote', value.reason), value.code);
    } else {
      await value.abort();
      const message = `has ${value.offset} bytes of ${key}, and they are sent from byte ${from}`;
      fail(node, new AnnexError('remote', message), 'behind');
    }
  }
}

/** Whether another gateway of the cluster says that it has the content, and names no node of its own. */
function hasNobody({ plusUUIDs }: AlreadyHave, { gateway }: ClusterNode): boolean {
  return gateway !== undefined && plusUUIDs.every(isClusterUUID);
}

/**
 * Which nodes of a cluster a key goes to (git-annex's `chooseNodesToStore` of a ProxySelector).
 *
 * A Placement is policy: it sees what is logged and names nodes. Placement by preferred content (`preferred-placement.ts`)
 * is one, this file has the other: every node that lacks the key.
 */

import type { Key } from '../types/key.ts';
import type { UUID } from '../types/uuid.ts';
import type { ByteString } from '../util/byte-string.ts';
import { isLogged, type ClusterNode } from './cluster-node.ts';
import type { Reservation } from './live-sizes.ts';

export interface NodeChoiceRequest {
  readonly key: Key;
  /** Of all that the client says, not to be trusted for more than a name. */
  readonly associatedFile: ByteString | undefined;
  /** The nodes that may be asked. */
  readonly nodes: readonly ClusterNode[];
  /** What the location log has of the key. */
  readonly logged: ReadonlySet<UUID>;
  /** Ends the wait for room to be looked for; `choose` rejects with its reason then. */
  readonly signal?: AbortSignal | undefined;
}

export interface NodeChoice {
  /** The nodes to store to. */
  readonly chosen: readonly ClusterNode[];
  /** Nodes that would have been looked at, had they room. */
  readonly full: readonly ClusterNode[];
  /** More nodes, in place of those chosen ones that cannot take it. None is named twice. */
  instead(failed: readonly ClusterNode[]): Promise<readonly ClusterNode[]>;
  /** The upload is over and the log has what came of it. Space is kept only at these nodes from now on: their part goes on. */
  end(keeping?: readonly ClusterNode[]): void;
}

/** What keeps something from being removed from a cluster. */
export interface Requirement {
  /** The node that must not lose the key, or by which such a one is reached. */
  readonly node: ClusterNode;
  /** Whether that depends on what a removal does not say, the name of a file. */
  readonly isDoubtful: boolean;
}

export interface Placement {
  /** Which nodes an upload goes to. */
  choose(request: NodeChoiceRequest): Promise<NodeChoice>;
  /** Keeps room for an upload that goes to one node by its own UUID, whatever it wants; undefined where that is no matter. */
  hold(key: Key, uuid: UUID, signal?: AbortSignal): Promise<Reservation | undefined>;
  /** What does not let the key be removed from all of these nodes. */
  requiring(key: Key, nodes: readonly ClusterNode[]): Promise<readonly Requirement[]>;
}

/**
 * Chooses every node that is not logged to have the key, and all nodes when each is logged to: the log may be wrong, and
 * the nodes know.
 */
export const placeWhereLacking: Placement = {
  choose: ({ nodes, logged }) => {
    const lacking = nodes.filter((node) => !isLogged(node, { logged, quantity: 'every' }));
    return Promise.resolve({
      chosen: lacking.length > 0 ? lacking : nodes,
      full: [],
      instead: () => Promise.resolve([]),
      end: () => undefined,
    });
  },
  hold: () => Promise.resolve(undefined),
  requiring: () => Promise.resolve([]),
};

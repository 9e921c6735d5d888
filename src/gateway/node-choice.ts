/**
 * Which nodes of a cluster a key goes to (git-annex's `chooseNodesToStore` of a ProxySelector).
 *
 * A NodeSelector is pure policy: it sees what is logged and names nodes. Placement by preferred content is another
 * selector in the same place.
 */

import type { EventSink } from '../types/event.ts';
import type { Key } from '../types/key.ts';
import type { UUID } from '../types/uuid.ts';
import type { ByteString } from '../util/byte-string.ts';

export interface NodeChoiceRequest {
  readonly key: Key;
  readonly associatedFile: ByteString | undefined;
  readonly nodes: readonly NodeCandidate[];
}

export interface NodeCandidate {
  readonly uuid: UUID;
  /** Whether the location log says that the node has the key. */
  readonly logged: boolean;
  /** Its preferred content expression, where it has one. */
  readonly wanted: string | undefined;
}

export interface NodeChoice {
  /** The nodes to store to. */
  readonly chosen: readonly UUID[];
  /** Nodes that take the place of a chosen one that fails before the first byte, in this order. */
  readonly spare: readonly UUID[];
}

export type NodeSelector = (request: NodeChoiceRequest) => NodeChoice | Promise<NodeChoice>;

/**
 * Chooses every node that is not logged to have the key, and all nodes when each is logged to: the log may be wrong, and
 * the nodes know. A node that has an expression is chosen without a look at it, and is named once in the events.
 */
export function selectLackingNodes(report: EventSink): NodeSelector {
  const unjudged = new Set<UUID>();
  return ({ nodes }) => {
    const lacking = nodes.filter((node) => !node.logged);
    const chosen = lacking.length > 0 ? lacking : nodes;
    for (const { uuid, wanted } of chosen) {
      if (wanted === undefined || unjudged.has(uuid)) continue;
      unjudged.add(uuid);
      report({ type: 'node-unjudged', node: uuid, expression: wanted });
    }
    return { chosen: chosen.map((node) => node.uuid), spare: [] };
  };
}

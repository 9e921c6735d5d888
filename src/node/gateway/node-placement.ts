/** Placement by preferred content in a real repository: facts from its git-annex branch, configuration and attributes. */

import type { EventSink } from '../../types/event.ts';
import type { Key } from '../../types/key.ts';
import type { UUID } from '../../types/uuid.ts';
import type { ClusterNode } from '../../gateway/cluster-node.ts';
import type { Reservation } from '../../gateway/live-sizes.ts';
import type { NodeChoice, NodeChoiceRequest, Placement, Requirement } from '../../gateway/placement.ts';
import { PreferredPlacement } from '../../gateway/preferred-placement.ts';
import type { OpenAnnex } from '../annex/open-annex.ts';
import { CopiesReader } from '../placement/copies-reader.ts';
import { RepositoriesReader } from '../placement/repositories-reader.ts';
import { SubjectReader } from '../placement/subject-reader.ts';

export class NodePlacement implements Placement {
  readonly #copies: CopiesReader;
  readonly #placement: PreferredPlacement;

  constructor({ branch, locations, sizes }: OpenAnnex, { events }: { readonly events: EventSink }) {
    this.#copies = new CopiesReader(branch);
    const subjects = new SubjectReader({ branch, locations, copies: this.#copies });
    // Sizes come with each judgement.
    const repositories = new RepositoriesReader(branch, { sizeOf: () => undefined });
    this.#placement = new PreferredPlacement({
      facts: {
        repositories: () => repositories.read(),
        subject: (key, about) => subjects.read(key, about),
      },
      sizes,
      report: events,
    });
  }

  choose(request: NodeChoiceRequest): Promise<NodeChoice> {
    return this.#placement.choose(request);
  }

  hold(key: Key, uuid: UUID, signal?: AbortSignal): Promise<Reservation | undefined> {
    return this.#placement.hold(key, uuid, signal);
  }

  requiring(key: Key, nodes: readonly ClusterNode[]): Promise<readonly Requirement[]> {
    return this.#placement.requiring(key, nodes);
  }

  async close(): Promise<void> {
    await this.#copies.close();
  }
}

/**
 * The nodes of one upload by preferred content.
 *
 * The places are judged one after another, each with the copies that were decided before it, so that an `archive` cluster
 * gets one copy and not one a node. A node that fails is taken out, and the others are judged again: it is no candidate of
 * balanced terms any more, and its copy does not count. Where nobody wants the key, it is asked for where it is logged
 * already, and goes else to all that lack it and have room.
 */

import type { UUID } from '../types/uuid.ts';
import { PreferredContent } from '../preferred-content/preferred-content.ts';
import type { Repositories } from '../preferred-content/repositories.ts';
import type { ParsedExpressions } from '../preferred-content/repository-expressions.ts';
import type { Subject } from '../preferred-content/subject.ts';
import type { ClusterNode } from './cluster-node.ts';
import type { LiveSizes, Reservation, SizeLedger } from './live-sizes.ts';
import type { NodeChoice } from './placement.ts';
import type { Place } from './places.ts';

export interface PlacedChoiceOptions {
  readonly places: readonly Place[];
  /** Its `locations` are what is logged. */
  readonly subject: Subject;
  readonly repositories: Repositories;
  readonly parsed: ParsedExpressions;
  /** Undefined where no repository has a maximum size: then nobody's size matters. */
  readonly sizes: LiveSizes | undefined;
  /** Of who waits for the first choice: what is chosen instead is chosen though the client is gone. */
  readonly signal?: AbortSignal | undefined;
}

export class PlacedChoice implements NodeChoice {
  readonly #options: PlacedChoiceOptions;
  readonly #failed = new Set<ClusterNode>();
  /** Where it goes, and by which node. */
  readonly #decided = new Map<UUID, Decided>();
  #chosen: readonly ClusterNode[] = [];
  #full: readonly ClusterNode[] = [];

  static async make(options: PlacedChoiceOptions): Promise<PlacedChoice> {
    const choice = new PlacedChoice(options);
    try {
      choice.#chosen = await choice.#judge(options.signal);
      return choice;
    } catch (error) {
      // Nobody else knows of what was reserved before it failed.
      choice.end();
      throw error;
    }
  }

  private constructor(options: PlacedChoiceOptions) {
    this.#options = options;
  }

  get chosen(): readonly ClusterNode[] {
    return this.#chosen;
  }

  get full(): readonly ClusterNode[] {
    return this.#full;
  }

  async instead(failed: readonly ClusterNode[]): Promise<readonly ClusterNode[]> {
    for (const node of failed) this.#failed.add(node);
    for (const [uuid, { node, reservation }] of this.#decided) {
      if (!this.#failed.has(node)) continue;
      reservation?.release();
      this.#decided.delete(uuid);
    }
    return await this.#judge();
  }

  end(keeping: readonly ClusterNode[] = []): void {
    for (const { node, reservation } of this.#decided.values())
      if (!keeping.includes(node)) reservation?.release();
  }

  async #judge(signal?: AbortSignal): Promise<readonly ClusterNode[]> {
    const { sizes } = this.#options;
    const before = this.#nodes();
    if (sizes === undefined) this.#decide(undefined);
    else await sizes.exclusively((ledger) => this.#decide(ledger), { signal });
    return [...this.#nodes()].filter((node) => !before.has(node));
  }

  #nodes(): ReadonlySet<ClusterNode> {
    return new Set(Array.from(this.#decided.values(), ({ node }) => node));
  }

  #decide(ledger: SizeLedger | undefined): void {
    const { places, subject, repositories, parsed } = this.#options;
    const open = places.flatMap(({ uuid, nodes }) => {
      const node = nodes.find((each) => !this.#failed.has(each));
      return node === undefined ? [] : [{ uuid, node }];
    });
    const reachable = new Set(open.map(({ uuid }) => uuid));
    const unavailable = new Set(places.flatMap(({ uuid }) => (reachable.has(uuid) ? [] : [uuid])));
    const sizeOf = (uuid: UUID): bigint | undefined => ledger?.sizeOf(uuid);
    const wanted = new PreferredContent({ ...repositories, sizeOf, unavailable }, parsed);
    const decide = ({ uuid, node }: Open): void => {
      this.#decided.set(uuid, { node, reservation: ledger?.reserve(subject.key, [uuid], subject.locations) });
    };
    const full: ClusterNode[] = [];
    const lacking: Open[] = [];
    for (const place of open) {
      if (subject.locations.has(place.uuid) || this.#decided.has(place.uuid)) continue;
      const now = { ...subject, locations: new Set([...subject.locations, ...this.#decided.keys()]) };
      if (!wanted.fits(place.uuid, now)) {
        full.push(place.node);
        continue;
      }
      lacking.push(place);
      if (wanted.wantsGet(place.uuid, now, { otherwise: true }).value === true) decide(place);
    }
    this.#full = full;
    if (this.#decided.size > 0) return;
    const logged = open.filter(({ uuid }) => subject.locations.has(uuid));
    for (const place of logged.length > 0 ? logged : lacking) decide(place);
  }
}

interface Open {
  readonly uuid: UUID;
  readonly node: ClusterNode;
}

interface Decided {
  readonly node: ClusterNode;
  readonly reservation: Reservation | undefined;
}

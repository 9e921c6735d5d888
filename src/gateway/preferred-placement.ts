/**
 * Placement by preferred content: an upload to a cluster goes to the nodes that want the key and have room, else to those
 * that lack it and have room; nothing is removed from a cluster that one of its nodes requires. Decision 12.
 */

import type { EventSink } from '../types/event.ts';
import type { Key } from '../types/key.ts';
import type { UUID } from '../types/uuid.ts';
import { PreferredContent } from '../preferred-content/preferred-content.ts';
import { explainProblem } from '../preferred-content/problems.ts';
import type { Repositories } from '../preferred-content/repositories.ts';
import { ParsedExpressions } from '../preferred-content/repository-expressions.ts';
import type { Subject, SubjectFile, SubjectNeed } from '../preferred-content/subject.ts';
import type { ClusterNode } from './cluster-node.ts';
import type { LiveSizes, Reservation } from './live-sizes.ts';
import { PlacedChoice } from './placed-choice.ts';
import {
  placeWhereLacking,
  type NodeChoice,
  type NodeChoiceRequest,
  type Placement,
  type Requirement,
} from './placement.ts';
import { placesOf } from './places.ts';

/** What is read before anything is judged. */
export interface PlacementFacts {
  /** What is known of all repositories now. The same object for as long as nothing changed. */
  repositories(): Promise<Repositories>;
  subject(
    key: Key,
    about: { readonly file: SubjectFile; readonly needs: ReadonlySet<SubjectNeed> },
  ): Promise<Subject>;
}

export interface PreferredPlacementOptions {
  readonly facts: PlacementFacts;
  readonly sizes: LiveSizes;
  readonly report: EventSink;
}

export class PreferredPlacement implements Placement {
  readonly #options: PreferredPlacementOptions;
  readonly #parsed = new ParsedExpressions();
  readonly #reported = new Set<string>();
  #wanted: PreferredContent | undefined;

  constructor(options: PreferredPlacementOptions) {
    this.#options = options;
  }

  async choose(request: NodeChoiceRequest): Promise<NodeChoice> {
    const { key, associatedFile, nodes, logged, signal } = request;
    const wanted = await this.#current();
    const places = placesOf(nodes);
    const uuids = places.map(({ uuid }) => uuid);
    const { repositories } = wanted;
    if (!uuids.some((uuid) => isJudged(uuid, repositories))) return await placeWhereLacking.choose(request);
    this.#reportProblems(wanted, uuids);
    const file: SubjectFile =
      associatedFile === undefined ? { type: 'none' } : { type: 'path', path: associatedFile };
    const needs = without('locations', wanted.needs(uuids));
    const subject = await this.#options.facts.subject(key, { file, needs });
    return await PlacedChoice.make({
      places,
      subject: { ...subject, locations: logged },
      repositories,
      parsed: this.#parsed,
      sizes: hasLimits(repositories, uuids) ? this.#options.sizes : undefined,
      signal,
    });
  }

  async hold(key: Key, uuid: UUID, signal?: AbortSignal): Promise<Reservation | undefined> {
    const { repositories } = await this.#current();
    if (!hasLimits(repositories, [uuid])) return undefined;
    return await this.#options.sizes.exclusively((ledger) => ledger.reserve(key, [uuid]), { signal });
  }

  async requiring(key: Key, nodes: readonly ClusterNode[]): Promise<readonly Requirement[]> {
    const wanted = await this.#current();
    const all = placesOf(nodes);
    const places = all.filter(({ uuid }) => wanted.repositories.required.has(uuid));
    if (places.length === 0) return [];
    const uuids = places.map(({ uuid }) => uuid);
    this.#reportProblems(wanted, uuids);
    const subject = await this.#options.facts.subject(key, {
      file: { type: 'unknown' },
      needs: wanted.needs(uuids),
    });
    // None of them has it afterwards.
    const locations = new Set(subject.locations);
    for (const { uuid } of all) locations.delete(uuid);
    return places.flatMap(({ uuid, nodes: [node] }) => {
      const { value } = wanted.requires(uuid, { ...subject, locations });
      return value === false || node === undefined ? [] : [{ node, isDoubtful: value === undefined }];
    });
  }

  async #current(): Promise<PreferredContent> {
    const repositories = await this.#options.facts.repositories();
    if (this.#wanted?.repositories !== repositories) {
      this.#wanted = new PreferredContent(repositories, this.#parsed);
      this.#reported.clear();
    }
    return this.#wanted;
  }

  /** Once for as long as nothing changed. */
  #reportProblems(wanted: PreferredContent, uuids: readonly UUID[]): void {
    for (const uuid of uuids) {
      if (this.#reported.has(uuid)) continue;
      this.#reported.add(uuid);
      for (const problem of wanted.problems(uuid))
        this.#options.report({ type: 'warning', message: `node ${uuid}: ${explainProblem(problem)}` });
    }
  }
}

function isJudged(uuid: UUID, repositories: Repositories): boolean {
  const { preferred, required } = repositories;
  return preferred.has(uuid) || required.has(uuid) || repositories.maxSizeOf(uuid) !== undefined;
}

/** Whether any size can matter. Balanced terms look at all members of a group, whether or not they are nodes. */
function hasLimits(repositories: Repositories, uuids: readonly UUID[]): boolean {
  const isLimited = (uuid: UUID): boolean => repositories.maxSizeOf(uuid) !== undefined;
  return (
    uuids.some(isLimited) || [...repositories.members.values()].some((group) => [...group].some(isLimited))
  );
}

function without(need: SubjectNeed, needs: ReadonlySet<SubjectNeed>): ReadonlySet<SubjectNeed> {
  return new Set([...needs].filter((each) => each !== need));
}

/**
 * Keeps the gateway's location log in step with what the nodes say.
 *
 * A change is recorded before it is answered. Two operations on one key that overlap (an upload's end and a removal) may
 * be answered in another order than the node did them; where they contradict each other, the node is asked again, so
 * that the log ends with what is true. Nothing waits for an operation on a node: two gateways that ask each other would
 * wait for ever.
 */

import { isClusterUUID } from '../types/cluster-uuid.ts';
import type { Key } from '../types/key.ts';
import type { UUID } from '../types/uuid.ts';
import { Turns } from '../util/turns.ts';
import type { LocationLog } from './location-log.ts';

/** What an operation found: repositories that have the key now, and repositories that lack it now. */
export interface LocationChange {
  readonly present: readonly UUID[];
  readonly missing: readonly UUID[];
}

export interface TrackedOperation<T> {
  run(): Promise<T>;
  /** What the result says about locations. Cluster UUIDs and the gateway's own may be among them. */
  change(result: T): LocationChange;
  /** Asks a node again; undefined for what is no node. */
  probe(uuid: UUID): Promise<boolean | undefined>;
}

export class LocationTracker {
  readonly #log: LocationLog;
  readonly #ownUUID: UUID;
  readonly #running = new Map<Key, Set<RunningOperation>>();
  readonly #turns = new Turns<Key>();

  /** `ownUUID`: the gateway's own repository, whose location is never the gateway's to log on behalf of a node. */
  constructor(log: LocationLog, ownUUID: UUID) {
    this.#log = log;
    this.#ownUUID = ownUUID;
  }

  locations(key: Key): Promise<readonly UUID[]> {
    return this.#log.locations(key);
  }

  /**
   * Runs an operation and records what it changed, durably, before this resolves. Rejects when the operation does (then
   * nothing is recorded) and when the log cannot be written.
   */
  async track<T>(key: Key, operation: TrackedOperation<T>): Promise<T> {
    const running: RunningOperation = { saidPresent: new Set(), saidMissing: new Set() };
    const siblings = this.#running.get(key) ?? new Set<RunningOperation>();
    this.#running.set(key, siblings.add(running));
    try {
      const result = await operation.run();
      const change = this.#ofRepositories(operation.change(result));
      if (change.present.length + change.missing.length > 0) {
        await this.#turns.run(key, () => this.#record(key, { change, running, siblings, operation }));
      }
      return result;
    } finally {
      siblings.delete(running);
      if (siblings.size === 0 && this.#running.get(key) === siblings) this.#running.delete(key);
    }
  }

  async #record<T>(key: Key, options: RecordOptions<T>): Promise<void> {
    const { running, siblings, operation } = options;
    const change = await resolveConflicts(options.change, running, operation);
    for (const sibling of siblings) {
      for (const uuid of change.present) sibling.saidPresent.add(uuid);
      for (const uuid of change.missing) sibling.saidMissing.add(uuid);
    }
    await this.#log.logChange(key, change);
  }

  #ofRepositories({ present, missing }: LocationChange): LocationChange {
    const isRepository = (uuid: UUID): boolean => uuid !== this.#ownUUID && !isClusterUUID(uuid);
    return {
      present: [...new Set(present)].filter(isRepository),
      missing: [...new Set(missing)].filter(isRepository),
    };
  }
}

/** What other operations on the same key recorded while this one ran. */
interface RunningOperation {
  readonly saidPresent: Set<UUID>;
  readonly saidMissing: Set<UUID>;
}

interface RecordOptions<T> {
  readonly change: LocationChange;
  readonly running: RunningOperation;
  readonly siblings: ReadonlySet<RunningOperation>;
  readonly operation: TrackedOperation<T>;
}

async function resolveConflicts<T>(
  { present, missing }: LocationChange,
  { saidPresent, saidMissing }: RunningOperation,
  operation: TrackedOperation<T>,
): Promise<LocationChange> {
  const doubtful = [
    ...present.filter((uuid) => saidMissing.has(uuid)),
    ...missing.filter((uuid) => saidPresent.has(uuid)),
  ];
  if (doubtful.length === 0) return { present, missing };
  const found = new Map<UUID, boolean>();
  for (const uuid of doubtful) {
    // What cannot be asked now stays as this operation found it: it was answered last.
    const answer = await operation.probe(uuid).catch(() => undefined);
    if (answer !== undefined) found.set(uuid, answer);
  }
  return {
    present: [
      ...present.filter((uuid) => found.get(uuid) !== false),
      ...missing.filter((uuid) => found.get(uuid) === true),
    ],
    missing: [
      ...missing.filter((uuid) => found.get(uuid) !== true),
      ...present.filter((uuid) => found.get(uuid) === false),
    ],
  };
}

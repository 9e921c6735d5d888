/**
 * What would be moved for one key if the expressions were applied once: repositories that want it get it, one after another
 * and each counted before the next is judged; then those that do not want it drop it, as long as enough copies stay. Who
 * would only get it to drop it when others have it does not get it.
 *
 * A key of several files is planned for each of them, with what was decided before: it is got where any file wants it,
 * and dropped where none does.
 */

import { isClusterUUID } from '../types/cluster-uuid.ts';
import type { UUID } from '../types/uuid.ts';
import type { PreferredContent } from './preferred-content.ts';
import type { Subject } from './subject.ts';

export interface PlanKeyOptions {
  readonly content: PreferredContent;
  /** Those that are judged, in the order in which they get keys. */
  readonly candidates: readonly UUID[];
  /** The one that drops last: as with git-annex's sync the repository where it is done. */
  readonly dropsLast?: UUID | undefined;
  /** Repositories that are to be emptied: their copies may be read and count for nothing. */
  readonly leaving: ReadonlySet<UUID>;
  /** Copies that must stay. */
  readonly keepCopies: number;
  /** What was decided for another file of the key. */
  readonly before?: KeyPlan | undefined;
  /** Called when a repository is to get the key, before the next one is judged, so that sizes count it; or not, after all. */
  readonly gets: (uuid: UUID, isTaken: boolean) => void;
}

export interface KeyPlan {
  readonly get: ReadonlySet<UUID>;
  readonly drop: ReadonlySet<UUID>;
}

export interface KeyOutcome extends KeyPlan {
  /** Repositories that want the key and have it nowhere to get from. */
  readonly missing: readonly UUID[];
  /** Repositories that do not want it and keep it all the same, for numcopies. */
  readonly kept: readonly UUID[];
  /** Copies after all that. Clusters and untrusted repositories are none. */
  readonly copies: number;
}

/** Plans one key. `subject.locations` are those of now, with repositories that are leaving. */
export function planKey(subject: Subject, options: PlanKeyOptions): KeyOutcome {
  const { before, candidates, dropsLast, gets, leaving } = options;
  const staying = new Set([...subject.locations].filter((uuid) => !leaving.has(uuid)));
  const now: Subject = { ...subject, locations: staying };
  const { get, missing } = planGets(now, subject.locations.size > 0, options);
  const after = new Set([...staying, ...get]);
  // What another file's turn decided to keep or to get stays.
  const isOpen = (uuid: UUID): boolean =>
    before === undefined || before.drop.has(uuid) || (get.has(uuid) && !before.get.has(uuid));
  const judged = candidates.filter((uuid) => after.has(uuid) && isOpen(uuid));
  const inOrder = [
    ...judged.filter((uuid) => uuid !== dropsLast),
    ...judged.filter((uuid) => uuid === dropsLast),
  ];
  const { unwanted, ...rest } = planDrops({ ...now, locations: after }, inOrder, options);
  for (const uuid of unwanted) if (get.delete(uuid)) gets(uuid, false);
  return { get, drop: new Set(unwanted.filter((uuid) => staying.has(uuid))), missing, ...rest };
}

function planGets(
  subject: Subject,
  isSomewhere: boolean,
  { before, candidates, content, gets }: PlanKeyOptions,
): { readonly get: Set<UUID>; readonly missing: readonly UUID[] } {
  const get = new Set(before?.get);
  const missing: UUID[] = [];
  for (const uuid of candidates) {
    if (subject.locations.has(uuid) || get.has(uuid)) continue;
    if (content.wantsGet(uuid, subject, { otherwise: false, decided: get }).value !== true) continue;
    if (!isSomewhere) {
      missing.push(uuid);
      continue;
    }
    get.add(uuid);
    gets(uuid, true);
  }
  return { get, missing };
}

/** @param judged those that may drop it, in this order */
function planDrops(
  subject: Subject,
  judged: readonly UUID[],
  { content, keepCopies }: PlanKeyOptions,
): Pick<KeyOutcome, 'kept' | 'copies'> & { readonly unwanted: readonly UUID[] } {
  const locations = new Set(subject.locations);
  const unwanted: UUID[] = [];
  const kept: UUID[] = [];
  const counts = (uuid: UUID): boolean =>
    !isClusterUUID(uuid) && content.repositories.trustOf(uuid) !== 'untrusted';
  const copies = (): number => [...locations].filter(counts).length;
  for (const uuid of judged) {
    const verdict = content.wantsDrop(uuid, { ...subject, locations }, { otherwise: false });
    if (verdict.value !== true) continue;
    if (copies() - (counts(uuid) ? 1 : 0) < keepCopies) {
      kept.push(uuid);
      continue;
    }
    locations.delete(uuid);
    unwanted.push(uuid);
  }
  return { unwanted, kept, copies: copies() };
}

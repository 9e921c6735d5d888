/**
 * Removal by a deadline, through a gateway whose clock is not the node's (design, "Flow, exactly").
 *
 * A deadline is always in the clock of the Remote it is given to. The gateway answers GETTIMESTAMP with its own clock,
 * and when it removes it asks the node its time T, only then reads its own clock g, and gives the node T + floor(before -
 * g). The node's clock was at T or later when g was read, so the node never takes the deadline to be later than it is.
 * A deadline protects the proof that other copies are locked: passed on untranslated, or left out, it could cost the
 * last copy.
 */

import type { Key } from '../types/key.ts';
import type { Context, Remote, Removed } from '../remote/remote.ts';
import type { Clock } from '../util/clock.ts';

export interface RemoveBeforeOptions {
  readonly remote: Remote;
  /** In whole seconds of the gateway's own clock; undefined for no limit. */
  readonly before: number | undefined;
  readonly clock: Clock;
}

/** Whole seconds of the gateway's own monotonic clock. */
export function gatewayTimestamp(clock: Clock): number {
  return Math.floor(clock.monotonicSeconds());
}

/** Removes from a node, by a deadline in the gateway's clock. */
export async function removeTranslated(
  key: Key,
  { remote, before, clock }: RemoveBeforeOptions,
  context: Context,
): Promise<Removed> {
  if (before === undefined) return remote.remove(key, { before: undefined }, context);
  const nodeSeconds = await remote.timestamp(context);
  const secondsLeft = Math.floor(before - clock.monotonicSeconds());
  if (!(secondsLeft > 0) || !Number.isSafeInteger(nodeSeconds + secondsLeft)) {
    // What is not there counts as removed, whenever that was.
    if (!(await remote.checkPresent(key, context))) return { removed: true, plusUUIDs: [] };
    return { removed: false, reason: `it is past the time by which ${key} was to be removed`, plusUUIDs: [] };
  }
  return remote.remove(key, { before: nodeSeconds + secondsLeft }, context);
}

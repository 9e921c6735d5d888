/**
 * What the gateway asks of its git-annex branch about locations. The branch itself is `node/branch/`; the simulator and
 * the tests have their own.
 */

import type { Key } from '../types/key.ts';
import type { UUID } from '../types/uuid.ts';

export interface LocationLog {
  /** The repositories logged to have the key, and the clusters they are nodes of. Dead repositories are left out. */
  locations(key: Key): Promise<readonly UUID[]>;
  /**
   * Records changes, durably before it resolves, so that a crash afterwards loses none. Cluster UUIDs are ignored, and so
   * is a change that says what the log says already.
   */
  logChange(
    key: Key,
    change: { readonly present: readonly UUID[]; readonly missing: readonly UUID[] },
  ): Promise<void>;
}

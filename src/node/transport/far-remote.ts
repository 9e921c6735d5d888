/** What every repository that is spoken with in the line protocol has in common, however its connections are made. */

import type { DigestFactory, RemoteTraits } from '../../remote/remote.ts';
import type { TimeLimits } from '../../types/time-limits.ts';
import type { UUID } from '../../types/uuid.ts';
import type { Clock } from '../../util/clock.ts';

export interface FarRemoteOptions {
  /** The repository there, or what it proxies for. */
  readonly uuid: UUID;
  /** Whose client this is: the gateway's own repository. */
  readonly ownUUID: UUID;
  readonly clock: Clock;
  readonly makeDigest: DigestFactory;
  readonly kind?: RemoteTraits['kind'] | undefined;
  readonly maxConversations?: number | undefined;
  readonly idleMs?: number | undefined;
  readonly maxIdle?: number | undefined;
  readonly answerTimeoutMs?: number | undefined;
  /** For who stops in the middle of something. */
  readonly limits?: Pick<TimeLimits, 'stallMs' | 'patienceMs'> | undefined;
  readonly lockMs?: number | undefined;
}

/**
 * A node that this gateway has no way to: every answer is an error that says why. It stands in its place so that a
 * cluster knows of it and never takes silence for absence.
 */

import { AnnexError } from '../../types/annex-error.ts';
import type { UUID } from '../../types/uuid.ts';
import type { Remote } from '../../remote/remote.ts';

export function unreachableNode(uuid: UUID, why: string): Remote {
  const fail = (): Promise<never> =>
    Promise.reject(new AnnexError('peer', `the node ${uuid} cannot be reached: ${why}`));
  return {
    uuid,
    traits: { kind: 'repository', local: false },
    checkPresent: fail,
    lockContent: fail,
    retrieve: fail,
    store: fail,
    remove: fail,
    timestamp: fail,
  };
}

/** Tells what a put or a removal changed, if it changed anything. */

import type { Removed, Stored } from '../../remote/remote.ts';
import type { ContentChange } from '../../types/change.ts';
import type { GrantedCall, Services } from './endpoint.ts';
import type { Caller } from './parameters.ts';

type Details = Pick<ContentChange, 'type' | 'key' | 'associatedFile' | 'receivedBytes'> & {
  readonly caller: Caller;
};

export function contentChanged(
  answer: Stored | Removed,
  { caller, ...details }: Details,
  { call, services }: { readonly call: GrantedCall; readonly services: Services },
): void {
  const isComplete = 'stored' in answer ? answer.stored : answer.removed;
  if (!isComplete && answer.plusUUIDs.length === 0) return;
  const { grant, request, serverUUID } = call;
  services.changed?.({
    ...details,
    isComplete,
    served: serverUUID,
    reached: isComplete ? [serverUUID, ...answer.plusUUIDs] : answer.plusUUIDs,
    clientUUID: caller.clientUUID,
    user: grant.user,
    address: request.address,
    requestId: request.id,
    repository: call.name,
  });
}

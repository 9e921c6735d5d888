/**
 * What an endpoint is: how it reads its parameters, which permission it needs, and its answer. The order is git-annex's:
 * parameters (400), the Authorization header (400), the repository (404), permission (401, 403), and only then the work.
 */

import type { Context, Remote } from '../../remote/remote.ts';
import type { UUID } from '../../types/uuid.ts';
import type { ByteString } from '../../util/byte-string.ts';
import { readAsker, type AccessPolicy, type Action } from './access.ts';
import { badRequestReply } from './failure.ts';
import type { LockTable } from './lock-table.ts';
import { emptyReply, type HttpReply, type HttpRequest } from './message.ts';
import type { Caller } from './parameters.ts';
import type { Query } from './query.ts';
import { formatWrapped } from './values.ts';

/** The versions of the P2P protocol that the API's paths name. */
export type Version = 0 | 1 | 2 | 3 | 4;

/** What the endpoints work with. */
export interface Services {
  /** The Remote served under a UUID: the repository itself, a proxied remote or a cluster. */
  readonly resolve: (uuid: UUID) => Promise<Remote | undefined>;
  readonly access: AccessPolicy;
  readonly locks: LockTable;
}

/** One request on its way to an endpoint. */
export interface Call {
  readonly request: HttpRequest;
  readonly query: Query;
  readonly version: Version;
  readonly serverUUID: UUID;
  /** The key in the path, still as it was sent (percent-decoded). Only `key/` paths have one. */
  readonly pathKey: ByteString | undefined;
}

export interface Endpoint<P extends object> {
  readonly action: Action;
  /** Throws an AnnexError `protocol` for a bad one. */
  readParameters(call: Call): P;
  answer(remote: Remote, parameters: P, call: Call, services: Services): Promise<HttpReply>;
}

/** An endpoint whose parameters nobody else needs to know. */
export type Serve = (call: Call, services: Services) => Promise<HttpReply>;

/** Puts an endpoint behind the checks that all share. */
export function serving<P extends object>(endpoint: Endpoint<P>): Serve {
  return async (call, services) => {
    let parameters: P;
    let asker;
    try {
      parameters = endpoint.readParameters(call);
      asker = readAsker(call.request);
    } catch (error) {
      return badRequestReply(error);
    }
    const remote = await services.resolve(call.serverUUID);
    if (remote === undefined) return emptyReply(404);
    return (
      services.access.authorize(asker, endpoint.action) ?? endpoint.answer(remote, parameters, call, services)
    );
  };
}

/** The context that Remotes are asked in. Its signal is made when it is first asked for: many answers come at once. */
export function contextOf(call: Call, caller: Caller, associatedFile?: ByteString): Context {
  const { request } = call;
  return {
    clientUUID: caller.clientUUID,
    bypass: caller.bypass,
    associatedFile,
    requestId: request.id,
    get signal() {
      return request.signal;
    },
  };
}

/** Other repositories reached, as JSON has them: only from version 2 on, and never the Remote's own. */
export function plusUUIDs(call: Call, uuids: readonly UUID[]): { readonly plusuuids?: readonly string[] } {
  return call.version < 2 ? {} : { plusuuids: uuids.map(formatWrapped) };
}

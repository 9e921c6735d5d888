/**
 * What an endpoint is: how it reads its parameters, which permission it needs, and its answer. The order is git-annex's:
 * parameters (400), the Authorization header (400), the repository (404), permission (401, 403), and only then the work.
 */

import type { Context, Remote } from '../../remote/remote.ts';
import type { Key } from '../../types/key.ts';
import type { ChangeSink } from '../../types/change.ts';
import type { UUID } from '../../types/uuid.ts';
import type { ByteString } from '../../util/byte-string.ts';
import { isGranted, readAsker, type AccessPolicy, type Action, type Grant } from './access.ts';
import { badRequestReply } from './failure.ts';
import type { LockTable } from './lock-table.ts';
import { emptyReply, type HttpReply, type HttpRequest } from './message.ts';
import type { Caller } from './parameters.ts';
import type { Query } from './query.ts';
import { formatWrapped } from './values.ts';
import type { Sendfile } from './web/sendfile.ts';

/** The versions of the P2P protocol that the API's paths name. */
export type Version = 0 | 1 | 2 | 3 | 4;

/** What is served under a UUID. */
export interface Served {
  /** The repository itself, a proxied remote or a cluster. */
  readonly remote: Remote;
  readonly access: AccessPolicy;
  /** Where anyone can get a key that the Remote has, without this server; undefined where nowhere. */
  readonly publicURL?: ((key: Key) => Promise<string | undefined>) | undefined;
}

/** What the endpoints work with. */
export interface Services {
  /** @param name of the repository in the path; undefined where it has none */
  readonly resolve: (uuid: UUID, name: string | undefined) => Promise<Served | undefined>;
  /** Whether clients may come with bearer tokens too. */
  readonly takesTokens?: boolean | undefined;
  readonly locks: LockTable;
  /** Lets the web server in front send files; for clients other than git-annex. */
  readonly sendfile?: Sendfile | undefined;
  /** Hears of what clients stored and removed. */
  readonly changed?: ChangeSink | undefined;
}

/** One request on its way to an endpoint. */
export interface Call {
  readonly request: HttpRequest;
  readonly query: Query;
  readonly version: Version;
  readonly serverUUID: UUID;
  /** The repository that the path names; undefined where it names none. */
  readonly name: string | undefined;
  /** The key in the path, still as it was sent (percent-decoded). Only `key/` paths have one. */
  readonly pathKey: ByteString | undefined;
}

/** One that may be answered. */
export interface GrantedCall extends Call {
  readonly grant: Grant;
  readonly publicURL: Served['publicURL'];
}

export interface Endpoint<P extends object> {
  readonly action: Action;
  /** Throws an AnnexError `protocol` for a bad one. */
  readParameters(call: Call): P;
  answer(remote: Remote, parameters: P, call: GrantedCall, services: Services): Promise<HttpReply>;
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
      asker = readAsker(call.request, services);
    } catch (error) {
      return badRequestReply(error);
    }
    const served = await services.resolve(call.serverUUID, call.name);
    if (served === undefined) return emptyReply(404);
    const verdict = await served.access.authorize(asker, endpoint.action);
    if (!isGranted(verdict)) return verdict;
    const { remote, publicURL } = served;
    call.request.granted(verdict.user, call.serverUUID);
    return endpoint.answer(remote, parameters, { ...call, grant: verdict, publicURL }, services);
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
    trace: request.trace,
    get signal() {
      return request.signal;
    },
  };
}

/** Other repositories reached, as JSON has them: only from version 2 on, and never the Remote's own. */
export function plusUUIDs(call: Call, uuids: readonly UUID[]): { readonly plusuuids?: readonly string[] } {
  return call.version < 2 ? {} : { plusuuids: uuids.map(formatWrapped) };
}

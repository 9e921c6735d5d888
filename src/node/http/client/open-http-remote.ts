/** A Remote behind an annex+http URL, over this machine's network. */

import type { LookupFunction } from 'node:net';
import type { AnnexUrl } from '../../../p2p/http/client/annex-url.ts';
import type { CredentialSource } from '../../../p2p/http/client/credential-source.ts';
import { HttpRemote, type HttpRemoteOptions } from '../../../p2p/http/client/http-remote.ts';
import type { UUID } from '../../../types/uuid.ts';
import type { Clock } from '../../../util/clock.ts';
import { NodeTransport, type TLSOptions, type TransportLimits } from './node-transport.ts';

export interface OpenHttpRemoteOptions {
  readonly url: AnnexUrl;
  readonly uuid: UUID;
  readonly clock: Clock;
  /** A repository where not given. */
  readonly kind?: HttpRemoteOptions['kind'];
  /** Asked when the server wants to know who we are; `GitCredential` asks git. */
  readonly credentials?: CredentialSource | undefined;
  readonly tls?: TLSOptions | undefined;
  readonly limits?: TransportLimits | undefined;
  /** `lookupAllowed` refuses addresses that are not to be connected to. */
  readonly lookup?: LookupFunction | undefined;
  readonly userAgent?: string | undefined;
}

/** Connects when it is first asked something. Its owner closes it. */
export function openHttpRemote(options: OpenHttpRemoteOptions): HttpRemote {
  const { url, uuid, clock, kind, credentials, userAgent, tls, limits, lookup } = options;
  const { secure, host, port } = url;
  const transport = new NodeTransport({ secure, host, port, tls, limits, lookup });
  return new HttpRemote({ url, uuid, clock, kind, credentials, userAgent, transport });
}

/** Repositories that requests name, for servers that have many. */

import type { AccessPolicy } from './access.ts';
import { FollowedChunks } from '../../util/followed-chunks.ts';
import type { HttpReply } from './message.ts';

/** One that is in use, and stays open until the use ends. */
export interface NamedRepository<Host> {
  readonly host: Host;
  readonly access: AccessPolicy;
  /** Repeated calls do nothing. */
  readonly end: () => void;
}

/** Undefined where there is none of this name. */
export type FindRepository<Host> = (name: string) => Promise<NamedRepository<Host> | undefined>;

/** Always the same repository, which nobody closes while it is served. */
export function theOnly<Host>(only: {
  readonly name: string;
  readonly host: Host;
  readonly access: AccessPolicy;
}): FindRepository<Host> {
  const found = { host: only.host, access: only.access, end: () => undefined };
  return async (name) => await Promise.resolve(name === only.name ? found : undefined);
}

/** The reply, with `sent` called when the last of it was taken, or nobody takes it any more. */
export function whenSent(reply: HttpReply, sent: () => void): HttpReply {
  const { body } = reply;
  if (typeof body !== 'object') {
    sent();
    return reply;
  }
  return { ...reply, body: { ...body, chunks: new FollowedChunks(body.chunks, { ended: sent }) } };
}

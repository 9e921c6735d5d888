/**
 * Whether a command that only this very repository can answer was asked of it (interop reference §5.3). Throws what
 * git-annex-shell says where the client means another one.
 */

import { systemClock, systemRng } from '../../node/clock.ts';
import { GatewayHost } from '../../node/gateway/gateway-host.ts';
import { readDescriptions } from '../../node/annex/descriptions.ts';
import type { UUID } from '../../types/uuid.ts';
import { byteStringToText } from '../../util/byte-string.ts';
import type { ShellSession } from './session.ts';
import { ShellError } from './shell-error.ts';
import { uninitialized, wantedUUID } from './wanted-uuid.ts';

/** Returns where the repository itself was asked for, by its UUID or by none. */
export async function assertOwnUUID(session: ShellSession): Promise<void> {
  const isOther = await isProxied(session);
  if (isOther) throw new ShellError(`Cannot proxy ${session.command.name} command.`);
}

/** Returns where the repository itself was asked for, or what it proxies: their git repository is this one. */
export async function assertServedUUID(session: ShellSession): Promise<void> {
  await isProxied(session);
}

/** False for the repository itself. Throws for what is not served here. */
async function isProxied(session: ShellSession): Promise<boolean> {
  const { ownUUID, git, events } = session;
  const wanted = wantedUUID(session);
  if (wanted === undefined || wanted === ownUUID) return false;
  if (ownUUID === undefined) throw uninitialized(wanted);
  const host = await GatewayHost.open(git, { clock: systemClock, rng: systemRng, events });
  try {
    if ((await host.resolve(wanted)) === undefined) throw await notServed(host, wanted);
    return true;
  } finally {
    await host.close();
  }
}

export async function notServed(host: GatewayHost, wanted: UUID): Promise<ShellError> {
  const description = (await readDescriptions(host.annex.branch)).get(wanted);
  const text = byteStringToText(description ?? wanted);
  return new ShellError(
    description === undefined
      ? `expected repository UUID ${text} but found UUID ${byteStringToText(host.annex.uuid)}`
      : `not configured to proxy for repository ${text}`,
  );
}

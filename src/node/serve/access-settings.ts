/** What the configuration of `annexus serve` says about users, rules and limits, as `openAccess` takes it. */

import type { LimitAmounts } from '../../p2p/http/limits/subjects.ts';
import type { EventSink } from '../../types/event.ts';
import type { Clock } from '../../util/clock.ts';
import type { AccessSettings } from '../access/open-access.ts';
import type { ReadConfig } from './read-config.ts';
import type { AmountsConfig, ExternalConfig } from './serve-config.ts';

export function accessSettings(
  { config, resolvePath }: ReadConfig,
  { clock, events }: { readonly clock: Clock; readonly events: EventSink },
): AccessSettings {
  const { users, access: rules, limits, log } = config;
  const { htpasswd, tokens, external, groups } = users;
  return {
    clock,
    events,
    htpasswd: htpasswd === undefined ? undefined : { path: resolvePath(htpasswd) },
    tokens: tokens === undefined ? undefined : resolvePath(tokens),
    external: external && externalSettings(external),
    rules,
    groups,
    perAddress: limits.perAddress && amounts(limits.perAddress),
    perUser: limits.perUser && amounts(limits.perUser),
    connectionsPerAddress: limits.connectionsPerAddress,
    auditLog: log.audit === undefined ? undefined : resolvePath(log.audit),
  };
}

function externalSettings(external: ExternalConfig): AccessSettings['external'] {
  const { url, decides, readersLock, forwardURI, keepSeconds, timeoutSeconds } = external;
  return {
    url,
    decides,
    readersLock,
    forwardURI,
    keepMs: keepSeconds === undefined ? undefined : keepSeconds * 1000,
    timeoutMs: timeoutSeconds === undefined ? undefined : timeoutSeconds * 1000,
  };
}

/** What a minute allows may also come at once: a clone asks for many small things in a row. */
function amounts({ requestsPerMinute, ...others }: AmountsConfig): LimitAmounts {
  if (requestsPerMinute === undefined) return others;
  return { ...others, requests: { perSecond: requestsPerMinute / 60, burst: requestsPerMinute } };
}

/**
 * Everything on one port, from one configuration (decision 13): for each repository its annex API, its git side and its
 * files; for the server itself health, metrics and status.
 */

import { forbidden, type AccessPolicy } from '../../p2p/http/access.ts';
import { annexHttp } from '../../p2p/http/annex-http.ts';
import { withCORS } from '../../p2p/http/cors.ts';
import { LockTable } from '../../p2p/http/lock-table.ts';
import type { EventSink } from '../../types/event.ts';
import type { TimeLimits } from '../../types/time-limits.ts';
import type { Clock, Rng } from '../../util/clock.ts';
import { openAccess, type Access } from '../access/open-access.ts';
import { namedFiles } from '../files/named-files.ts';
import { RepositoriesServed, type SourceToServe } from '../gateway/repositories-served.ts';
import { peerLookMs } from '../gateway/serve-gateway.ts';
import { gitSide } from '../git-http/git-side.ts';
import type { Certificates } from '../http/certificates.ts';
import { listen, type Listener, type ListenOptions } from '../http/listen.ts';
import { openSendfile } from '../http/open-sendfile.ts';
import { trustedProxies } from '../http/trusted-proxies.ts';
import { mayLookBy, type Observatory } from '../observe/observatory.ts';
import type { MayLook } from '../observe/status-handler.ts';
import { accessSettings } from './access-settings.ts';
import { listenPlaces, openCertificates } from './listen-places.ts';
import type { ReadConfig } from './read-config.ts';
import type { ServeConfig } from './serve-config.ts';

export interface SiteOptions {
  readonly read: ReadConfig;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly events: EventSink;
  readonly limits?: TimeLimits | undefined;
  readonly observatory?: Observatory | undefined;
}

/** All that a configuration names, opened and checked. */
export interface Site {
  readonly access: Access;
  readonly certificates: Certificates | undefined;
  /** Throws AnnexError('config') where it cannot. */
  listen(): Promise<Listener>;
  /** Lets running requests finish for a while. Resolves when all has ended or been ended, and everything is committed. */
  close(): Promise<void>;
}

/** Throws AnnexError('config') where something that the configuration names is missing or not right. */
export async function openSite(options: SiteOptions): Promise<Site> {
  const { read, clock, events, observatory } = options;
  const { config } = read;
  const closers: (() => void | Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).toReversed()) await closer();
  };
  try {
    const certificates = await openCertificates(read, { clock, events });
    closers.push(() => certificates?.close());
    const access = await openAccess(accessSettings(read, options));
    closers.push(async () => await access.close());
    const repositories = await openRepositories(options, access);
    closers.push(async () => await repositories.close());
    const locks = new LockTable({ clock, rng: options.rng, maxLocks: config.limits.lockedFiles });
    closers.push(() => locks.close());
    const handlers = await makeHandlers(options, { access, repositories, locks });
    return {
      access,
      certificates,
      async listen() {
        const listener = await listen({
          places: listenPlaces(read, certificates),
          handlers,
          events,
          limits: options.limits,
          maxConnections: config.limits.connections,
          admitConnection: (address) => access.connect(address),
          isTrusted: config.trustedProxies && trustedProxies(config.trustedProxies),
          traceOf: observatory?.traceOf,
        });
        const limitMs = (config.closeSeconds ?? usualCloseSeconds) * 1000;
        closers.push(async () => {
          observatory?.closing();
          await listener.close({ limitMs });
        });
        observatory?.listening(listener);
        return listener;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openRepositories(options: SiteOptions, access: Access): Promise<RepositoriesServed> {
  const { read, observatory } = options;
  const { config, resolvePath } = read;
  const policyOf = (name: string): AccessPolicy => access.policy(name);
  const repositories = Object.entries(config.repositories ?? {}).map(
    ([name, given]): SourceToServe => ({
      repository: resolvePath(typeof given === 'string' ? given : given.path),
      name,
      access: policyOf,
    }),
  );
  const directories = (config.directories ?? []).map(
    ({ path, prefix }): SourceToServe => ({ directory: resolvePath(path), name: prefix, access: policyOf }),
  );
  return await RepositoriesServed.open({
    ...options,
    sources: [...repositories, ...directories],
    areNamed: true,
    clusterJobs: config.clusterJobs,
    idleConnections: config.proxyConnections,
    peerLookMs,
    opened: observatory && ((name, host) => observatory.add(name, host)),
  });
}

interface Parts {
  readonly access: Access;
  readonly repositories: RepositoriesServed;
  readonly locks: LockTable;
}

async function makeHandlers(
  { read, events, observatory }: SiteOptions,
  { access, repositories, locks }: Parts,
): Promise<ListenOptions['handlers']> {
  const { config, resolvePath } = read;
  const { users, cors } = config;
  const takesTokens = users.tokens !== undefined || users.external !== undefined;
  const sendfile =
    config.sendfile && (await openSendfile({ ...config.sendfile, root: resolvePath(config.sendfile.root) }));
  const { changed } = access;
  const find = repositories.take.bind(repositories);
  const git = gitSide({
    find,
    events,
    takesTokens,
    changed,
    annexURL: (name) => annexURL(config, name),
    programs: config.limits.gitPrograms,
  });
  const annex = annexHttp({
    resolve: async (uuid, name) => await repositories.resolve(uuid, name),
    withNames: true,
    locks,
    takesTokens,
    changed,
    sendfile,
    origins: cors?.origins,
  });
  const files = namedFiles({ find, takesTokens, sendfile });
  const content = [annex, ...(config.files ? [files] : [])].map((handler) => access.limited(handler));
  const shared = cors === undefined ? content : content.map((handler) => withCORS(handler, cors.origins));
  return [
    ...(config.git ? [{ raw: access.limitedRaw(git) }] : []),
    ...shared,
    ...(observatory?.handlers ?? []),
  ];
}

/** Under the repository's name, so that its users are asked and not those of another that serves the same UUID. */
function annexURL({ url }: ServeConfig, name: string): string {
  const path = name.split('/').map(encodeURIComponent).join('/');
  return `${url?.replace(/\/+$/, '') ?? ''}/${path}/`;
}

/** Whoever is an admin of the server itself may see its metrics and its status page. */
export function adminsMayLook(access: () => Access | undefined): MayLook {
  return mayLookBy(async (asker) => (await access()?.authorizeAdmin(undefined, asker)) ?? forbidden, {
    takesTokens: true,
  });
}

const usualCloseSeconds = 30;

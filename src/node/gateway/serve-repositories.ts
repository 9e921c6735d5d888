/** The annex API of many repositories on one port, each opened when it is asked for. */

import { annexHttp } from '../../p2p/http/annex-http.ts';
import { LockTable } from '../../p2p/http/lock-table.ts';
import { listen, type Listener } from '../http/listen.ts';
import type { Place } from '../http/place.ts';
import type { Observatory } from '../observe/observatory.ts';
import { RepositoriesServed, type RepositoriesServedOptions } from './repositories-served.ts';
import { closeLimitMs, peerLookMs } from './serve-gateway.ts';

export interface ServeRepositoriesOptions extends RepositoriesServedOptions {
  readonly places: readonly Place[];
  readonly lockedFiles?: number | undefined;
  /** Looks at the server, and answers who asks how it is. Its events are to be `events`. */
  readonly observatory?: Observatory | undefined;
}

export interface ServedRepositories {
  readonly listener: Listener;
  /** Resolves when all that was running has ended or been ended, and everything is committed. */
  close(): Promise<void>;
}

export async function serveRepositories(options: ServeRepositoriesOptions): Promise<ServedRepositories> {
  const { clock, rng, events, limits, places, lockedFiles: maxLocks } = options;
  const { observatory } = options;
  const repositories = await RepositoriesServed.open({
    peerLookMs,
    ...options,
    opened: observatory && ((name, host) => observatory.add(name, host)),
  });
  try {
    const locks = new LockTable({ clock, rng, maxLocks });
    const annex = annexHttp({ resolve: async (uuid) => await repositories.resolve(uuid), locks });
    const listener = await listen({
      places,
      handlers: [annex, ...(observatory?.handlers ?? [])],
      events,
      limits,
      traceOf: observatory?.traceOf,
    });
    observatory?.listening(listener);
    return {
      listener,
      async close() {
        observatory?.closing();
        await listener.close({ limitMs: closeLimitMs });
        locks.close();
        await repositories.close();
      },
    };
  } catch (error) {
    await repositories.close();
    throw error;
  }
}

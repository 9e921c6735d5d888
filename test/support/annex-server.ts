// Our listener over Remotes in memory, for tests that speak to it over real sockets.
import { createHash } from 'node:crypto';
import { systemClock, systemRng } from '../../src/node/clock.ts';
import { digestFactory } from '../../src/node/hash/digest.ts';
import { listen, type ListenOptions, type Listener } from '../../src/node/http/listen.ts';
import { wideOpen } from '../../src/p2p/http/access.ts';
import { annexHttp } from '../../src/p2p/http/annex-http.ts';
import { LockTable } from '../../src/p2p/http/lock-table.ts';
import { MemoryRemote } from '../../src/remote/memory-remote.ts';
import type { Remote } from '../../src/remote/remote.ts';
import type { Event } from '../../src/types/event.ts';
import { parseKey, type Key } from '../../src/types/key.ts';
import { parseUUID, type UUID } from '../../src/types/uuid.ts';

export const serverUUID: UUID = parseUUID('f97413fe-ba4c-44ae-bb98-acdac2d7ef19') as UUID;

export interface AnnexServer extends AsyncDisposable {
  readonly port: number;
  readonly remote: MemoryRemote;
  readonly locks: LockTable;
  readonly events: Event[];
  readonly listener: Listener;
}

/** @param over changes what the memory Remote does */
export async function serveMemory(
  options: Partial<ListenOptions> & { readonly over?: (remote: MemoryRemote) => Partial<Remote> } = {},
): Promise<AnnexServer> {
  const memory = new MemoryRemote({ uuid: serverUUID, clock: systemClock, makeDigest: digestFactory });
  const changed = options.over?.(memory) ?? {};
  const served: Remote = {
    uuid: memory.uuid,
    traits: memory.traits,
    checkPresent: (key, context) => memory.checkPresent(key, context),
    lockContent: (key, context) => memory.lockContent(key, context),
    retrieve: (key, more, context) => memory.retrieve(key, more, context),
    store: (key, more, context) => memory.store(key, more, context),
    remove: (key, more, context) => memory.remove(key, more, context),
    timestamp: (context) => memory.timestamp(context),
    ...changed,
  };
  const locks = new LockTable({ clock: systemClock, rng: systemRng });
  const handler = annexHttp({
    resolve: (uuid) =>
      Promise.resolve(uuid === serverUUID ? { remote: served, access: wideOpen } : undefined),
    locks,
  });
  const events: Event[] = [];
  const listener = await listen({
    places: [{ host: '127.0.0.1', port: 0 }],
    events: (event) => events.push(event),
    ...options,
    handlers: [...(options.handlers ?? []), handler],
  });
  return {
    port: listener.port,
    remote: memory,
    locks,
    events,
    listener,
    [Symbol.asyncDispose]: () => listener.close({ limitMs: 0 }),
  };
}

export function keyOf(content: string | Uint8Array): Key {
  return parseKey(`SHA256-s${content.length}--${createHash('sha256').update(content).digest('hex')}`) as Key;
}

/** The path of an endpoint of the served repository. */
export function annexPath(endpoint: string, query: string): string {
  return `/git-annex/${serverUUID}/v4/${endpoint}?clientuuid=c&${query}`;
}

/** Waits until something holds, for at most five seconds. */
export async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`still not: ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

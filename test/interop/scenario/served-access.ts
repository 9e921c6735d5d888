// A repository that is served as `annexus serve` does it, git side and annex API on one port, under the name data.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openAccess, type Access, type AccessSettings } from '../../../src/node/access/open-access.ts';
import { systemClock, systemRng } from '../../../src/node/clock.ts';
import { GatewayHost } from '../../../src/node/gateway/gateway-host.ts';
import { theOnly } from '../../../src/p2p/http/named-repository.ts';
import { gitSide } from '../../../src/node/git-http/git-side.ts';
import { listen } from '../../../src/node/http/listen.ts';
import { annexHttp } from '../../../src/p2p/http/annex-http.ts';
import { LockTable } from '../../../src/p2p/http/lock-table.ts';
import type { Event } from '../../../src/types/event.ts';
import { runIn, type Release } from '../../support/git-annex.ts';

export interface ServedAccess extends AsyncDisposable {
  /** What to clone. */
  readonly url: string;
  /** The lines of the audit log, which is closed with it. */
  readonly audit: () => Promise<Record<string, unknown>[]>;
  readonly warnings: () => readonly Event[];
}

/** @param options.dir where the repository and the audit log are made */
export async function serveAccess(
  options: { readonly dir: string; readonly release: Release },
  given: Omit<AccessSettings, 'clock' | 'events' | 'auditLog'>,
): Promise<ServedAccess> {
  const { dir, release } = options;
  const path = join(dir, 'data.git');
  await runIn(dir, ['git', 'init', '--quiet', '--bare', path], { release });
  await runIn(path, ['git', 'annex', 'init', 'served'], { release });
  const events: Event[] = [];
  const auditLog = join(dir, 'audit');
  const sink = (event: Event): void => void events.push(event);
  const access = await openAccess({ ...given, clock: systemClock, events: sink, auditLog });
  const served = await serve(path, access);
  return {
    url: `${served.url}data.git`,
    audit: async () => {
      await access.close();
      const lines = (await readFile(auditLog, 'utf8')).trim().split('\n');
      return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    },
    warnings: () => events.filter(({ type }) => type === 'warning'),
    [Symbol.asyncDispose]: async () => {
      await served[Symbol.asyncDispose]();
      await access.close();
    },
  };
}

async function serve(path: string, access: Access): Promise<AsyncDisposable & { readonly url: string }> {
  const settings = { clock: systemClock, rng: systemRng, events: (): void => undefined };
  const host = await GatewayHost.open(path, settings);
  const locks = new LockTable(settings);
  const policy = access.policy('data');
  const common = { takesTokens: true, changed: access.changed };
  const annex = annexHttp({
    ...common,
    locks,
    resolve: async (uuid) => {
      const remote = await host.resolve(uuid);
      return remote && { remote, access: policy };
    },
  });
  const git = gitSide({
    ...common,
    find: theOnly({ name: 'data', host, access: policy }),
    events: settings.events,
    annexURL: () => '/git-annex/',
  });
  const handlers = [{ raw: access.limitedRaw(git) }, access.limited(annex)];
  const admitConnection = (address: string | undefined): (() => void) | undefined => access.connect(address);
  const listener = await listen({ places: [{ host: '127.0.0.1', port: 0 }], handlers, admitConnection });
  return {
    url: listener.url,
    [Symbol.asyncDispose]: async () => {
      await listener.close({ limitMs: 1000 });
      locks.close();
      await host.close();
    },
  };
}

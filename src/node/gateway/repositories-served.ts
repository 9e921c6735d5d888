/**
 * The repositories of a server that has many: finds who serves a UUID, opens what is asked for, and lets go of what nobody
 * asks for. A UUID that nobody serves is looked for anew, since a repository may have come since the last look; those that
 * went are dropped when they are missed.
 */

import type { AccessPolicy } from '../../p2p/http/access.ts';
import type { Served } from '../../p2p/http/endpoint.ts';
import type { UUID } from '../../types/uuid.ts';
import { Paced } from '../../util/paced.ts';
import {
  RepositoryCatalog,
  type KnownRepository,
  type RepositorySource,
} from '../annex/repository-catalog.ts';
import type { HostOptions } from './gateway-host.ts';
import { KeptHost } from './kept-host.ts';

/** Repositories, and who may do what with them. A name is for `named`, and no two are alike. */
export type SourceToServe = RepositorySource & { readonly access: AccessPolicy; readonly name?: string };

export interface RepositoriesServedOptions extends HostOptions {
  readonly sources: readonly SourceToServe[];
  /** How long a repository stays open that nobody asks for; five minutes unless told. */
  readonly keepMs?: number | undefined;
  /** How long after one look for repositories the next may begin; a second unless told. */
  readonly pauseMs?: number | undefined;
  /** How many are open at most, as long as no more are in use; 100 unless told. */
  readonly maxOpen?: number | undefined;
}

export interface NamedRepository {
  readonly host: KeptHost;
  readonly access: AccessPolicy;
}

type Known = KnownRepository<SourceToServe>;

export class RepositoriesServed {
  readonly #options: RepositoriesServedOptions;
  readonly #catalog: RepositoryCatalog<SourceToServe>;
  readonly #looks: Paced;
  /** By git directory. */
  readonly #hosts = new Map<string, KeptHost>();
  readonly #closing = new Set<Promise<void>>();

  /** Looks for them once, and opens none. */
  static async open(options: RepositoriesServedOptions): Promise<RepositoriesServed> {
    const served = new RepositoriesServed(options);
    await served.#looks.run();
    return served;
  }

  private constructor(options: RepositoriesServedOptions) {
    this.#options = options;
    this.#catalog = new RepositoryCatalog(options.sources, options.events);
    const { clock, pauseMs = usualPauseMs } = options;
    this.#looks = new Paced({ clock, run: async () => await this.#look(), pauseMs, pauseFactor: 3 });
  }

  /** How many are there, open or not. */
  get size(): number {
    return this.#catalog.all.length;
  }

  /** What any of the repositories serves under this UUID. */
  async resolve(uuid: UUID): Promise<Served | undefined> {
    const known = await this.#resolveKnown(uuid);
    if (known !== undefined) return known;
    await this.#looks.run();
    return await this.#resolveKnown(uuid);
  }

  /** The repository of a source with this name; undefined where there is none, or none any more. */
  async named(name: string): Promise<NamedRepository | undefined> {
    const source = this.#options.sources.find((each) => each.name === name);
    if (source === undefined) return undefined;
    const known = this.#at(source);
    if (known !== undefined) return known;
    await this.#looks.run();
    return this.#at(source);
  }

  /** Commits and closes all, whatever still uses them. */
  async close(): Promise<void> {
    for (const [gitDir, host] of this.#hosts) this.#drop(gitDir, host);
    await Promise.all(this.#closing);
  }

  #at(source: SourceToServe): NamedRepository | undefined {
    const known = this.#catalog.all.find((each) => each.source === source);
    return known && { host: this.#hostOf(known), access: source.access };
  }

  async #resolveKnown(uuid: UUID): Promise<Served | undefined> {
    for (const known of this.#catalog.find(uuid)) {
      const host = this.#hostOf(known);
      if (!(await host.isThere())) {
        this.#drop(known.gitDir, host);
        continue;
      }
      const remote = await host.resolve(uuid);
      if (remote !== undefined) return { remote, access: known.source.access };
    }
    return undefined;
  }

  #hostOf(known: Known): KeptHost {
    const open = this.#hosts.get(known.gitDir);
    if (open !== undefined) return open;
    const { keepMs = usualKeepMs } = this.#options;
    const { path, gitDir, uuid } = known;
    const host = new KeptHost({
      ...this.#options,
      path,
      gitDir,
      uuid,
      keepMs,
      opened: () => this.#limitOpen(),
    });
    this.#hosts.set(gitDir, host);
    return host;
  }

  /** Lets go of those that were not used for longest. */
  #limitOpen(): void {
    const { maxOpen = usualMaxOpen } = this.#options;
    const open = [...this.#hosts.values()].filter(({ isOpen }) => isOpen);
    if (open.length <= maxOpen) return;
    const unused = open.filter(({ isInUse }) => !isInUse);
    unused.sort((one, other) => one.usedSeconds - other.usedSeconds);
    for (const host of unused.slice(0, open.length - maxOpen)) host.letGo();
  }

  async #look(): Promise<void> {
    const before = new Map(this.#catalog.all.map((known) => [known.gitDir, known]));
    await this.#catalog.look();
    const now = new Map(this.#catalog.all.map((known) => [known.gitDir, known]));
    for (const [gitDir, host] of this.#hosts) {
      const known = now.get(gitDir);
      if (known === undefined || known.uuid !== before.get(gitDir)?.uuid) this.#drop(gitDir, host);
      else if (known.proxied !== before.get(gitDir)?.proxied) await host.update().catch(() => undefined);
    }
  }

  #drop(gitDir: string, host: KeptHost): void {
    if (this.#hosts.get(gitDir) === host) this.#hosts.delete(gitDir);
    const closing = host.close().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }
}

const usualPauseMs = 1000;
const usualKeepMs = 300_000;
const usualMaxOpen = 100;

/**
 * The repositories of a server that has many: finds who serves a UUID, opens what is asked for, and lets go of what nobody
 * asks for. A UUID that nobody serves is looked for anew, since a repository may have come since the last look; those that
 * went are dropped when they are missed.
 */

import { basename, relative } from 'node:path';
import type { AccessPolicy } from '../../p2p/http/access.ts';
import type { Served } from '../../p2p/http/endpoint.ts';
import type { NamedRepository } from '../../p2p/http/named-repository.ts';
import type { Key } from '../../types/key.ts';
import type { UUID } from '../../types/uuid.ts';
import { Paced } from '../../util/paced.ts';
import {
  RepositoryCatalog,
  type KnownRepository,
  type RepositorySource,
} from '../annex/repository-catalog.ts';
import type { GatewayHost, HostOptions } from './gateway-host.ts';
import { KeptHost } from './kept-host.ts';

export type SourceToServe = RepositorySource & {
  /** What a repository is called; of a directory, what the names of those beneath it begin with (then their paths follow). */
  readonly name?: string | undefined;
  /** Who may do what with the repository of this name. */
  readonly access: (name: string) => AccessPolicy;
};

export interface RepositoriesServedOptions extends HostOptions {
  readonly sources: readonly SourceToServe[];
  /** How long a repository stays open that nobody asks for; five minutes unless told. */
  readonly keepMs?: number | undefined;
  /** How long after one look for repositories the next may begin; a second unless told. */
  readonly pauseMs?: number | undefined;
  /** How many are open at most, as long as no more are in use; 100 unless told. */
  readonly maxOpen?: number | undefined;
  /** Requests name repositories: two that are called alike are warned of. */
  readonly areNamed?: boolean | undefined;
  /** Called when a repository was opened. What it gives is called when the repository is let go of. */
  readonly opened?: ((name: string, host: GatewayHost) => () => void) | undefined;
}

type Known = KnownRepository<SourceToServe>;

export class RepositoriesServed {
  readonly #options: RepositoriesServedOptions;
  readonly #catalog: RepositoryCatalog<SourceToServe>;
  readonly #looks: Paced;
  /** By git directory. */
  readonly #hosts = new Map<string, KeptHost>();
  #named: ReadonlyMap<string, Known> = new Map();
  /** Which names were warned of at the last look. */
  #warned: ReadonlySet<string> = new Set();
  /** By the repository's name. */
  readonly #policies = new Map<string, AccessPolicy>();
  readonly #closing = new Set<Promise<void>>();
  #isClosed = false;

  /** Looks for them once, and opens none. */
  static async open(options: RepositoriesServedOptions): Promise<RepositoriesServed> {
    const served = new RepositoriesServed(options);
    // The first look reads all of them, and says nothing of how long the next ones take.
    await served.#catalog.look();
    served.#name();
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

  /** What any of the repositories serves under this UUID, or the one of this name alone. */
  async resolve(uuid: UUID, name?: string): Promise<Served | undefined> {
    const known = await this.#resolveKnown(uuid, name);
    if (known !== undefined) return known;
    await this.#looks.run();
    return await this.#resolveKnown(uuid, name);
  }

  /** Opens the repository of this name, for as long as it is in use; undefined where there is none, or none any more. */
  async take(name: string): Promise<NamedRepository<GatewayHost> | undefined> {
    let known = this.#named.get(name);
    if (known === undefined || !(await this.#isThere(known))) {
      await this.#looks.run();
      known = this.#named.get(name);
    }
    if (known === undefined || this.#isClosed) return undefined;
    const { host, end } = await this.#hostOf(known).take();
    return { host, access: this.#accessOf(known), end };
  }

  /** Commits and closes all, whatever still uses them. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const [gitDir, host] of this.#hosts) this.#drop(gitDir, host);
    await Promise.all(this.#closing);
  }

  async #resolveKnown(uuid: UUID, name: string | undefined): Promise<Served | undefined> {
    for (const known of this.#candidates(uuid, name)) {
      if (!(await this.#isThere(known))) continue;
      // Nothing may be opened that nobody would close.
      if (this.#isClosed) return undefined;
      const host = this.#hostOf(known);
      const remote = await host.resolve(uuid);
      if (remote === undefined) continue;
      const publicURL = async (key: Key): Promise<string | undefined> => await host.publicURL(key, uuid);
      return { remote, access: this.#accessOf(known), publicURL };
    }
    return undefined;
  }

  #candidates(uuid: UUID, name: string | undefined): readonly Known[] {
    if (name === undefined) return this.#catalog.find(uuid);
    const named = this.#named.get(name);
    return named === undefined ? [] : [named];
  }

  async #isThere(known: Known): Promise<boolean> {
    const host = this.#hostOf(known);
    if (await host.isThere()) return true;
    this.#drop(known.gitDir, host);
    return false;
  }

  #accessOf(known: Known): AccessPolicy {
    const name = nameOf(known);
    const access = this.#policies.get(name) ?? known.source.access(name);
    this.#policies.set(name, access);
    return access;
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
      opened: (opened) => {
        this.#limitOpen();
        return this.#options.opened?.(nameOf(known), opened);
      },
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
    this.#name();
    const now = new Map(this.#catalog.all.map((known) => [known.gitDir, known]));
    for (const [gitDir, host] of this.#hosts) {
      const known = now.get(gitDir);
      if (known === undefined || known.uuid !== before.get(gitDir)?.uuid) this.#drop(gitDir, host);
      else if (known.proxied !== before.get(gitDir)?.proxied) await host.update().catch(() => undefined);
    }
  }

  /** Of two that are called alike, the one that was configured first has the name. */
  #name(): void {
    const named = new Map<string, Known>();
    const warned = new Set<string>();
    for (const known of this.#catalog.all) {
      const name = nameOf(known);
      const first = named.get(name);
      if (first === undefined) named.set(name, known);
      else warned.add(`${known.path} is called ${name} as ${first.path} is, which is served by that name`);
    }
    const { areNamed = false, events } = this.#options;
    const fresh = areNamed ? [...warned].filter((message) => !this.#warned.has(message)) : [];
    for (const message of fresh) events({ type: 'warning', message });
    this.#named = named;
    this.#warned = warned;
  }

  #drop(gitDir: string, host: KeptHost): void {
    if (this.#hosts.get(gitDir) === host) this.#hosts.delete(gitDir);
    const closing = host.close().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }
}

/** Beneath a directory, its path without `.git` at the end. */
function nameOf({ source, path }: Known): string {
  const { name } = source;
  if (!('directory' in source)) return name ?? basename(path, '.git');
  const below = relative(source.directory, path).replace(/\.git$/, '');
  return [name, below === '' ? basename(path) : below].filter((part) => part !== undefined).join('/');
}

const usualPauseMs = 1000;
const usualKeepMs = 300_000;
const usualMaxOpen = 100;

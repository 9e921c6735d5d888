/**
 * Which repositories serve which UUIDs, without opening them: each serves its own and what its line of proxy.log names.
 * What was read of a repository is kept until one of the files that say it changes, so that looking at a thousand of them
 * again costs some stat calls each.
 */

import { join } from 'node:path';
import { parseProxyLog } from '../../logs/proxy-log.ts';
import { toAnnexError } from '../../types/annex-error.ts';
import type { EventSink } from '../../types/event.ts';
import { parseUUID, type UUID } from '../../types/uuid.ts';
import { bytesToByteString, type ByteString } from '../../util/byte-string.ts';
import { forEachFew } from '../branch/annex-files.ts';
import { branchRef } from '../branch/branch-commit.ts';
import { Journal } from '../branch/journal.ts';
import { fingerprint } from '../git/fingerprint.ts';
import type { GitConfig } from '../git/git-config.ts';
import { isFresh, readConfig, type CachedConfig } from '../git/read-config.ts';
import { SharedFiles } from '../repository/shared-files.ts';
import { runGit } from '../git/run-git.ts';
import { findRepositories, repositoryAt, type FoundRepository } from './find-repositories.ts';

/** Where repositories are: all beneath a directory, or one. */
export type RepositorySource = { readonly directory: string } | { readonly repository: string };

export interface KnownRepository<Source extends RepositorySource> extends FoundRepository {
  readonly source: Source;
  readonly uuid: UUID;
  readonly proxied: ReadonlySet<UUID>;
}

interface Reading {
  readonly config: CachedConfig;
  readonly branch: string;
  /** Undefined for a git repository that is no annex. */
  readonly uuid: UUID | undefined;
  readonly proxied: ReadonlySet<UUID>;
}

export class RepositoryCatalog<Source extends RepositorySource> {
  readonly #sources: readonly Source[];
  readonly #events: EventSink;
  /** By git directory. */
  #readings = new Map<string, Reading>();
  #known: readonly KnownRepository<Source>[] = [];
  /** Who serves a UUID: the repository whose own it is first. */
  #byUUID: ReadonlyMap<UUID, readonly KnownRepository<Source>[]> = new Map();
  /** What was warned of at the last look. */
  #warned = new Set<string>();

  constructor(sources: readonly Source[], events: EventSink) {
    this.#sources = sources;
    this.#events = events;
  }

  get all(): readonly KnownRepository<Source>[] {
    return this.#known;
  }

  /** Those that serve this UUID by the last look: the repository whose own it is, then those that proxy for it. */
  find(uuid: UUID): readonly KnownRepository<Source>[] {
    return this.#byUUID.get(uuid) ?? [];
  }

  /** Finds and reads again what changed. What cannot be read is warned of once, and left out. */
  async look(): Promise<void> {
    const warnings = new Set<string>();
    const warn = (message: string): void => {
      warnings.add(message);
      if (!this.#warned.has(message)) this.#events({ type: 'warning', message });
    };
    const places = new Map<string, FoundRepository & { readonly source: Source }>();
    for (const source of this.#sources) {
      for (const found of await this.#findAt(source, warn))
        if (!places.has(found.gitDir)) places.set(found.gitDir, { ...found, source });
    }
    const readings = new Map<string, Reading>();
    await forEachFew([...places.values()], async (place) => {
      const reading = await this.#read(place, warn);
      if (reading !== undefined) readings.set(place.gitDir, reading);
    });
    const known: KnownRepository<Source>[] = [];
    const byUUID = new Map<UUID, string>();
    for (const place of places.values()) {
      const reading = readings.get(place.gitDir);
      if (reading === undefined) continue;
      const { uuid, proxied } = reading;
      if (uuid === undefined) {
        // Beneath a directory there may be any repositories; one that is named was meant.
        if ('repository' in place.source) warn(`${place.path} is no annex yet: annexus init makes it one`);
        continue;
      }
      const first = byUUID.get(uuid);
      if (first !== undefined) warn(`${place.path} has the UUID of ${first}, which is served in its place`);
      else byUUID.set(uuid, place.path);
      known.push({ path: place.path, gitDir: place.gitDir, source: place.source, uuid, proxied });
    }
    this.#readings = readings;
    this.#known = known;
    this.#byUUID = indexByUUID(known);
    this.#warned = warnings;
  }

  /** What cannot be looked at just now (too many open files, say) is taken to be as it was. */
  async #findAt(source: Source, warn: Warn): Promise<readonly FoundRepository[]> {
    if ('repository' in source) {
      const found = await repositoryAt(source.repository);
      if (found === undefined) warn(`there is no repository at ${source.repository}`);
      return found === undefined ? [] : [found];
    }
    const unread: string[] = [];
    const found = await findRepositories(source.directory, {
      unreadable: (directory, error) => {
        warn(toAnnexError(error, `${directory} cannot be read`).message);
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') unread.push(directory);
      },
    });
    const isUnread = (path: string): boolean => unread.some((directory) => path.startsWith(`${directory}/`));
    return [...found, ...this.#known.filter((known) => known.source === source && isUnread(known.path))];
  }

  async #read({ path, gitDir }: FoundRepository, warn: Warn): Promise<Reading | undefined> {
    const before = this.#readings.get(gitDir);
    try {
      const branch = await branchFingerprint(gitDir);
      if (before?.branch === branch && (await isFresh(before.config))) return before;
      const config = await readConfig(gitDir);
      const uuid = parseUUID(config.config.get('annex.uuid') ?? '');
      const proxied = uuid === undefined ? [] : (parseProxyLog(await readProxyLog(gitDir)).get(uuid) ?? []);
      return { config, branch, uuid, proxied: new Set(proxied.map((each) => each.uuid)) };
    } catch (error) {
      const { message } = toAnnexError(error, 'reading it');
      warn(`the repository at ${path} is ${before ? 'served as it was' : 'not served'}: ${message}`);
      return before;
    }
  }
}

function indexByUUID<Known extends KnownRepository<RepositorySource>>(
  known: readonly Known[],
): ReadonlyMap<UUID, readonly Known[]> {
  const index = new Map<UUID, Known[]>();
  const add = (uuid: UUID, each: Known): void => void index.set(uuid, [...(index.get(uuid) ?? []), each]);
  for (const each of known) add(each.uuid, each);
  for (const each of known) for (const uuid of each.proxied) if (uuid !== each.uuid) add(uuid, each);
  return index;
}

type Warn = (message: string) => void;

/** Changes when the git-annex branch or the journal's proxy.log does, however refs are stored. */
async function branchFingerprint(gitDir: string): Promise<string> {
  const files = [branchRef, 'packed-refs', 'reftable/tables.list', 'annex/journal/proxy.log'];
  return (await Promise.all(files.map((file) => fingerprint(join(gitDir, file))))).join(' ');
}

async function readProxyLog(gitDir: string): Promise<ByteString> {
  const config = async (): Promise<GitConfig> => (await readConfig(gitDir)).config;
  const journalled = await new Journal(new SharedFiles({ gitDir, config })).read('proxy.log');
  if (journalled !== undefined) return journalled;
  const options = { cwd: gitDir, gitDir, allow: [0, 128] };
  return bytesToByteString((await runGit(['cat-file', 'blob', `${branchRef}:proxy.log`], options)).stdout);
}

/**
 * A git-annex repository on this disk, as far as its files go: where things are, which modes they get, and how an
 * object's directory is opened for a change and closed again (git-annex's lockdown).
 *
 * The layout is fixed when it is opened; what may change while a server runs (the version above all, since git-annex
 * upgrades repositories by itself) is asked for with `settings()` at the time of use.
 */

import type { BigIntStats } from 'node:fs';
import { toAnnexError } from '../../types/annex-error.ts';
import { keyFile } from '../../types/key-file.ts';
import type { Key } from '../../types/key.ts';
import type { UUID } from '../../types/uuid.ts';
import { textToByteString, type ByteString } from '../../util/byte-string.ts';
import type { GitRepository } from '../git/git-repository.ts';
import { FairLocks } from '../lock/fair-lock.ts';
import { lockFile } from '../lock/file-lock.ts';
import { readAnnexSettings, type AnnexSettings } from './annex-settings.ts';
import {
  chmodFile,
  errorCode,
  filePath,
  flushDirectory,
  isAbsent,
  makeDirectory,
  removeDirectory,
  statFile,
  statLink,
  statLinkDirectly,
  statLinkPlainly,
} from './file-system.ts';
import { contentSizeBytes, IntactObjects, type IntactObjectsOptions } from './intact-objects.ts';
import {
  objectLocation,
  otherObjectLocation,
  type ObjectLayout,
  type ObjectLocation,
} from './object-location.ts';
import { PromptCalls } from './prompt-calls.ts';
import { shareDirectory, shareFile } from './shared-files.ts';
import { frozenDirectoryMode, frozenFileMode, thawedDirectoryMode } from './sharing.ts';
import { runShellCommand } from './shell-command.ts';

export type AnnexRepositoryTools = Omit<IntactObjectsOptions, 'isCrippled'>;

interface ReadSettings {
  readonly config: object;
  readonly settings: AnnexSettings;
}

export class AnnexRepository {
  readonly git: GitRepository;
  /** Knows which unlocked objects are still what they should be. */
  readonly intact: IntactObjects;
  /** Calls to this repository's disk that may be made without a thread. */
  readonly prompt: PromptCalls = new PromptCalls();
  readonly uuid: UUID;
  /** `annex` in the git directory. */
  readonly annexDirectory: ByteString;
  readonly layout: ObjectLayout;
  readonly #gitDirectory: ByteString;
  readonly #changing = new FairLocks();
  /** Directories of objects whose names are not flushed in those above them; the value stands for one making. */
  readonly #unflushed = new Map<ByteString, object>();
  #settings: ReadSettings;

  /** Opens and checks a repository. Throws AnnexError('config') for one that Annexus must not touch. */
  static async open(git: GitRepository, tools: AnnexRepositoryTools): Promise<AnnexRepository> {
    const config = await git.config();
    const settings = readAnnexSettings(config, git.gitDir, git.bare);
    const intact = new IntactObjects({ ...tools, isCrippled: settings.isCrippled });
    return new AnnexRepository(git, intact, { config, settings });
  }

  private constructor(git: GitRepository, intact: IntactObjects, read: ReadSettings) {
    this.git = git;
    this.intact = intact;
    this.uuid = read.settings.uuid;
    this.#settings = read;
    this.#gitDirectory = textToByteString(git.gitDir);
    this.annexDirectory = `${this.#gitDirectory}/annex`;
    this.layout = { ...read.settings, objectsDirectory: `${this.annexDirectory}/objects` };
  }

  /** The settings as they are now; read anew when git's configuration changed. */
  async settings(): Promise<AnnexSettings> {
    const config = await this.git.config();
    if (config !== this.#settings.config) {
      this.#settings = { config, settings: readAnnexSettings(config, this.git.gitDir, this.git.bare) };
    }
    return this.#settings.settings;
  }

  /** Where the content is received. */
  partialPath(key: Key): ByteString {
    return [this.annexDirectory, 'tmp', keyFile(key)].join('/');
  }

  /** The places where the key's content may be, the one for new content first. */
  locations(key: Key): readonly ObjectLocation[] {
    const first = objectLocation(this.layout, key);
    const second = otherObjectLocation(this.layout, key);
    return second === undefined ? [first] : [first, second];
  }

  /**
   * Where the content is; undefined where it is not, or where an unlocked file was edited so that it is not any more.
   * Throws AnnexError('remote') where that cannot be known.
   */
  async findObject(key: Key): Promise<ObjectLocation | undefined> {
    const first = objectLocation(this.layout, key);
    if (await this.hasIntactObject(first)) return first;
    const second = otherObjectLocation(this.layout, key);
    return second !== undefined && (await this.hasIntactObject(second)) ? second : undefined;
  }

  /**
   * True where one look without a thread shows the content in its first place, locked and of the right size. False says
   * nothing: `findObject` knows.
   */
  showsObject(key: Key): boolean {
    const path = filePath(objectLocation(this.layout, key).object);
    let stats;
    try {
      stats = this.prompt.glance(() => statLinkPlainly(path));
    } catch {
      return false;
    }
    if (stats?.isFile() !== true || !this.intact.isLocked(stats)) return false;
    const sizeBytes = contentSizeBytes(key);
    return sizeBytes === undefined || sizeBytes === stats.size;
  }

  /** Whether the content is there, and is the key's. */
  async hasIntactObject(location: ObjectLocation): Promise<boolean> {
    try {
      const stats = await this.#statObject(location);
      return stats !== undefined && (await this.isIntact(location, stats));
    } catch (caught) {
      if (isAbsent(caught)) return false;
      throw toAnnexError(caught, `reading content of ${location.key}`);
    }
  }

  /** Whether the object, of which these are the stats, is the key's content. Reads it where that is not certain. */
  async isIntact(location: ObjectLocation, stats: BigIntStats): Promise<boolean> {
    const partial = filePath(this.partialPath(location.key));
    return await this.intact.isIntact(location, stats, async () => {
      const there = await statFile(partial, { bigint: true }).catch(() => undefined);
      return there?.ino === stats.ino && there.dev === stats.dev;
    });
  }

  /** Whether there is an object, whatever is in it. */
  async hasObject(location: ObjectLocation): Promise<boolean> {
    return (await this.#statObject(location))?.isFile() === true;
  }

  async #statObject(location: ObjectLocation): Promise<BigIntStats | undefined> {
    try {
      // An object is never a symbolic link, whose content could go at any moment without anybody being asked.
      const path = filePath(location.object);
      return await this.prompt.run<BigIntStats | undefined>(
        () => statLinkDirectly(path),
        () => statLink(path, { bigint: true }),
      );
    } catch (caught) {
      // A key whose name no file can have cannot be there.
      if (isAbsent(caught)) return undefined;
      throw toAnnexError(caught, `looking for the content of ${location.key}`);
    }
  }

  /** Makes a directory and those above it, up to the annex directory, with the modes of a shared repository. */
  async makeDirectories(path: ByteString): Promise<void> {
    const { sharing, isCrippled } = this.#settings.settings;
    try {
      await makeDirectory(filePath(path), 0o777);
    } catch (caught) {
      if (errorCode(caught) === 'EEXIST') return;
      if (errorCode(caught) !== 'ENOENT' || path.length <= this.#gitDirectory.length) throw caught;
      await this.makeDirectories(path.slice(0, path.lastIndexOf('/')));
      await this.makeDirectories(path);
      return;
    }
    if (path.startsWith(this.layout.objectsDirectory)) this.#unflushed.set(path, {});
    if (!isCrippled) await shareDirectory(filePath(path), sharing);
  }

  /**
   * Makes what is in the object's directory last, and the directories above it as far as they are new, whoever made them:
   * another upload may have made one a moment ago and not come to flushing it.
   */
  async flushDirectories(location: ObjectLocation): Promise<void> {
    const flushed: [ByteString, object][] = [];
    const flushing = [flushDirectory(filePath(location.directory))];
    let path = location.directory;
    while (path.length >= this.layout.objectsDirectory.length) {
      const above = path.slice(0, path.lastIndexOf('/'));
      const making = this.#unflushed.get(path);
      if (making !== undefined) {
        flushed.push([path, making]);
        flushing.push(flushDirectory(filePath(above)));
      }
      path = above;
    }
    await Promise.all(flushing);
    // Deleted and made again meanwhile, it is another directory.
    for (const [name, making] of flushed)
      if (this.#unflushed.get(name) === making) this.#unflushed.delete(name);
  }

  /** Gives a lock file or temporary file the mode of a shared repository. Never fails. */
  async shareFile(path: ByteString): Promise<void> {
    const { sharing, isCrippled } = this.#settings.settings;
    if (!isCrippled) await shareFile(filePath(path), sharing);
  }

  /**
   * Runs `change` while the object's directory can be written to, alone among this process's changes of it. Another
   * process may close the directory at any moment, so what is refused for that is tried again.
   * @param options.freeze close the directory afterwards (the default); a removal leaves that to nobody.
   */
  async changeDirectory<T>(
    location: ObjectLocation,
    change: () => Promise<T>,
    options = { freeze: true },
  ): Promise<T> {
    const release = await this.#changing.acquire(location.directory, 'exclusive', undefined);
    try {
      return await this.#changeThawed(location, change, options.freeze);
    } finally {
      release();
    }
  }

  /** Takes the write bits from an object. */
  async freezeObject(location: ObjectLocation): Promise<void> {
    const { sharing, isCrippled, freezeCommand } = this.#settings.settings;
    if (!isCrippled) {
      const mode = await this.#mode(location.object);
      await chmodFile(filePath(location.object), frozenFileMode(sharing, mode));
    }
    await runShellCommand(this.#command(freezeCommand, 'freezecontent-annex'), location.object);
  }

  /** Undoes what a freezing command did to an object, before it is deleted. */
  async thawObject(location: ObjectLocation): Promise<void> {
    const { thawCommand } = this.#settings.settings;
    await runShellCommand(this.#command(thawCommand, 'thawcontent-annex'), location.object);
  }

  /** Overwrites an object by the owner's command; false where there is none. A failure may leave any content. */
  async eraseObject(location: ObjectLocation): Promise<boolean> {
    const erase = this.#command(this.#settings.settings.secureEraseCommand, 'secure-erase-annex');
    return await runShellCommand({ ...erase, pathWord: '%file' }, location.object);
  }

  /** Deletes the object's directory and those above it as far as they are empty. */
  async removeEmptyDirectories(location: ObjectLocation): Promise<void> {
    let path = location.directory;
    while (path.length > this.layout.objectsDirectory.length) {
      try {
        await removeDirectory(filePath(path));
        this.#unflushed.delete(path);
      } catch (caught) {
        if (errorCode(caught) !== 'ENOENT') return;
      }
      path = path.slice(0, path.lastIndexOf('/'));
    }
  }

  /** Runs `body` with a directory for temporary files that nobody cleans meanwhile (othertmp, othertmp.lck). */
  async withOtherTmp<T>(body: (directory: ByteString) => Promise<T>): Promise<T> {
    const path = `${this.annexDirectory}/othertmp`;
    const lock = await lockFile(filePath(`${path}.lck`), { mode: 'shared', create: 0o666 });
    try {
      await this.shareFile(`${path}.lck`);
      await this.makeDirectories(path);
      return await body(path);
    } finally {
      await lock.release();
    }
  }

  async #changeThawed<T>(location: ObjectLocation, change: () => Promise<T>, freeze: boolean): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      await this.#thawDirectory(location);
      try {
        return await change();
      } catch (caught) {
        const code = errorCode(caught);
        if ((code !== 'EACCES' && code !== 'EPERM') || attempt >= maxAttempts) throw caught;
      } finally {
        if (freeze) await this.#freezeDirectory(location);
      }
    }
  }

  async #thawDirectory(location: ObjectLocation): Promise<void> {
    const { sharing, isCrippled, thawCommand } = this.#settings.settings;
    const mode = await this.#mode(location.directory);
    await runShellCommand(this.#command(thawCommand, 'thawcontent-annex'), location.directory);
    const thawed = isCrippled ? undefined : thawedDirectoryMode(sharing, mode);
    if (thawed !== undefined && thawed !== mode) await chmodFile(filePath(location.directory), thawed);
  }

  async #freezeDirectory(location: ObjectLocation): Promise<void> {
    const { sharing, isCrippled, freezeCommand } = this.#settings.settings;
    try {
      const mode = await this.#mode(location.directory);
      const frozen = isCrippled ? undefined : frozenDirectoryMode(sharing, mode);
      if (frozen !== undefined && frozen !== mode) await chmodFile(filePath(location.directory), frozen);
    } catch (caught) {
      if (errorCode(caught) === 'ENOENT') return;
      throw caught;
    }
    await runShellCommand(this.#command(freezeCommand, 'freezecontent-annex'), location.directory);
  }

  async #mode(path: ByteString): Promise<number> {
    return Number((await statFile(filePath(path), { bigint: true })).mode) & 0o7777;
  }

  #command(command: string | undefined, hook: string): Parameters<typeof runShellCommand>[0] {
    return { command, pathWord: '%path', hook: `${this.#gitDirectory}/hooks/${hook}` };
  }
}

const maxAttempts = 10;

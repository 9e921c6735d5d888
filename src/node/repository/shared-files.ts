/**
 * What is made beneath `.git/annex` beside the objects (journal, locks, temporary files, sizes, sockets), so that all can
 * use it who share the repository by core.sharedRepository, whatever the umask: with the modes that git-annex gives them.
 */

import { dirname } from 'node:path';
import type { GitRepository } from '../git/git-repository.ts';
import { chmodFile, errorCode, makeDirectory, statFile, type FilePath } from './file-system.ts';
import { directoryMode, fileMode, parseSharing, type Sharing } from './sharing.ts';

/** Whose files they are. */
export type SharingRepository = Pick<GitRepository, 'gitDir' | 'config'>;

export class SharedFiles {
  /** `.git/annex`. */
  readonly annexDir: string;
  readonly #repository: SharingRepository;

  constructor(repository: SharingRepository) {
    this.#repository = repository;
    this.annexDir = `${repository.gitDir}/annex`;
  }

  /**
   * Makes the annex directory or one beneath it, and those above. Throws Node's errors.
   * @returns whether it was not there
   */
  async makeDirectory(path: string): Promise<boolean> {
    try {
      await makeDirectory(path, 0o777);
    } catch (caught) {
      if (errorCode(caught) === 'EEXIST') return false;
      if (errorCode(caught) !== 'ENOENT' || path.length <= 1) throw caught;
      await this.makeDirectory(dirname(path));
      return await this.makeDirectory(path);
    }
    if (path === this.annexDir || path.startsWith(`${this.annexDir}/`))
      await shareDirectory(path, await this.sharing());
    return true;
  }

  /** Gives a file that was made the mode that others need. Never fails: who may not change the mode did not make it. */
  async share(path: FilePath): Promise<void> {
    await shareFile(path, await this.sharing());
  }

  /** How the repository is shared now. */
  async sharing(): Promise<Sharing> {
    const config = await this.#repository.config();
    const isCrippled = config.getBool('annex.crippledfilesystem') === true;
    const sharing = isCrippled ? undefined : parseSharing(config.get('core.sharedrepository'));
    return sharing ?? { type: 'umask' };
  }
}

/** Gives a directory that was made its mode. Throws Node's errors. */
export async function shareDirectory(path: FilePath, sharing: Sharing): Promise<void> {
  const made = await modeOf(path, sharing);
  const wanted = made === undefined ? undefined : directoryMode(sharing, made);
  if (wanted !== undefined) await chmodFile(path, wanted);
}

/** Gives a lock file or temporary file its mode. Never fails: only the owner can change it, and made the file. */
export async function shareFile(path: FilePath, sharing: Sharing): Promise<void> {
  try {
    const made = await modeOf(path, sharing);
    const wanted = made === undefined ? undefined : fileMode(sharing, made);
    if (wanted !== undefined && wanted !== made) await chmodFile(path, wanted);
  } catch {
    // Somebody else's, or gone.
  }
}

/** Undefined where it is left to the umask. */
async function modeOf(path: FilePath, sharing: Sharing): Promise<number | undefined> {
  if (sharing.type === 'umask') return undefined;
  return Number((await statFile(path, { bigint: true })).mode) & 0o7777;
}

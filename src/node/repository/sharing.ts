/**
 * Modes of files and directories under `annex/`, by core.sharedRepository, as git-annex sets them.
 *
 * Objects lose their write bits, and so do their directories (internals/lockdown), except that the directories of a
 * repository shared by group or by all stay writable, since one member of the group cannot thaw another's directory.
 */

/** core.sharedRepository: `mode` is what git calls 0xxx. */
export type Sharing =
  | { readonly type: 'umask' | 'group' | 'all' }
  | { readonly type: 'mode'; readonly mode: number };

/** Reads the value of core.sharedRepository by git's rules; undefined for a value that git would refuse. */
export function parseSharing(value: string | undefined): Sharing | undefined {
  switch (value?.toLowerCase()) {
    case undefined:
    case 'umask':
    case 'false':
    case 'no':
    case 'off':
    case '0':
      return { type: 'umask' };
    case '':
    case 'group':
    case 'true':
    case 'yes':
    case 'on':
    case '1':
      return { type: 'group' };
    case 'all':
    case 'world':
    case 'everybody':
    case '2':
      return { type: 'all' };
    default:
      return value !== undefined && /^0?[0-7]{3}$/.test(value)
        ? { type: 'mode', mode: parseInt(value, 8) & 0o666 }
        : undefined;
  }
}

/** The mode that a new directory must be given; undefined to leave it to the umask. */
export function directoryMode(sharing: Sharing, made: number): number | undefined {
  switch (sharing.type) {
    case 'umask':
      return undefined;
    case 'group':
      return made | 0o2070;
    case 'all':
      return made | 0o2075;
    case 'mode':
      break;
  }
  return 0o2000 | sharing.mode | executeWhereRead(sharing.mode);
}

/** The mode that a new lock file or temporary file must be given; undefined to leave it to the umask. */
export function fileMode(sharing: Sharing, made: number): number | undefined {
  switch (sharing.type) {
    case 'umask':
      return undefined;
    case 'group':
      return made | 0o060;
    case 'all':
      return made | 0o064;
    case 'mode':
      break;
  }
  return sharing.mode;
}

/** The mode of an object, which nobody may write. */
export function frozenFileMode(sharing: Sharing, mode: number): number {
  const frozen = mode & 0o7555;
  switch (sharing.type) {
    case 'umask':
      return frozen;
    case 'group':
      return frozen | 0o440;
    case 'all':
      return frozen | 0o444;
    case 'mode':
      break;
  }
  return sharing.mode & 0o444;
}

/** The mode of an object's directory, in which nothing may be changed; undefined where it stays as it is. */
export function frozenDirectoryMode(sharing: Sharing, mode: number): number | undefined {
  switch (sharing.type) {
    case 'umask':
      return mode & 0o7555;
    case 'group':
    case 'all':
      return undefined;
    case 'mode':
      break;
  }
  return (directoryMode(sharing, mode) ?? mode) & 0o7577;
}

/** The mode in which an object's directory can be changed; undefined where it always can. */
export function thawedDirectoryMode(sharing: Sharing, mode: number): number | undefined {
  switch (sharing.type) {
    case 'umask':
      return mode | 0o700;
    case 'group':
    case 'all':
      return undefined;
    case 'mode':
      break;
  }
  return directoryMode(sharing, mode);
}

function executeWhereRead(mode: number): number {
  return (mode & 0o444) >> 2;
}

/**
 * Where a key's content may be in a repository (reference of the layout: git-annex's page "internals").
 *
 *     annex/objects/HASHDIRS/KEYFILE/KEYFILE        the object, beside it its locks KEYFILE.lck, .rtm and .rtl
 *
 * A bare repository puts content into lower case hash directories, another into mixed case ones, and both look in both.
 */

import type { ByteString } from '../../util/byte-string.ts';
import { hashDirLower, hashDirMixed } from '../../types/hash-dirs.ts';
import { keyFile } from '../../types/key-file.ts';
import type { Key } from '../../types/key.ts';

/** One place for an object. All paths are absolute. */
export interface ObjectLocation {
  readonly key: Key;
  /** The object's own directory. */
  readonly directory: ByteString;
  readonly object: ByteString;
  /** The content lock of version 10. */
  readonly lock: ByteString;
  /** The retention timestamp: content must stay until then. */
  readonly retention: ByteString;
  readonly retentionLock: ByteString;
}

export interface ObjectLayout {
  /** `annex/objects`. */
  readonly objectsDirectory: ByteString;
  readonly isObjectHashLower: boolean;
  readonly hasOneLevelObjectHash: boolean;
  readonly prefersLower: boolean;
}

/** Where new content goes, and where content is looked for first. */
export function objectLocation(layout: ObjectLayout, key: Key): ObjectLocation {
  return locationIn(layout, key, layout.isObjectHashLower || layout.prefersLower);
}

/** The other place where content may be; undefined where there is only one. */
export function otherObjectLocation(layout: ObjectLayout, key: Key): ObjectLocation | undefined {
  return layout.isObjectHashLower ? undefined : locationIn(layout, key, !layout.prefersLower);
}

function locationIn(layout: ObjectLayout, key: Key, lower: boolean): ObjectLocation {
  const twoLevels = lower ? hashDirLower(key) : hashDirMixed(key);
  const hashDirs = layout.hasOneLevelObjectHash ? twoLevels.slice(0, twoLevels.indexOf('/') + 1) : twoLevels;
  const name = keyFile(key);
  const directory = `${layout.objectsDirectory}/${hashDirs}${name}`;
  const object = `${directory}/${name}`;
  return {
    key,
    directory,
    object,
    lock: `${object}.lck`,
    retention: `${object}.rtm`,
    retentionLock: `${object}.rtl`,
  };
}

/** The longest name of a file on the file systems in use. */
export const maxFileNameBytes = 255;
/** The longest KEYFILE that can be stored: `lck.KEYFILE` and `KEYFILE.lck` must be names, too. */
export const maxKeyFileBytes: number = maxFileNameBytes - 4;

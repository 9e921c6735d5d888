/**
 * What the disk repository has to know of git's configuration, checked when the repository is opened.
 *
 * A repository of a version or with a setting that Annexus would not treat as git-annex does is refused with one clear
 * line, since being wrong about locks or hash directories loses data.
 */

import { AnnexError } from '../../types/annex-error.ts';
import { parseUUID, type UUID } from '../../types/uuid.ts';
import { byteStringToText, type ByteString } from '../../util/byte-string.ts';
import { parseSharing, type Sharing } from './sharing.ts';
import { parseSize } from './size.ts';

/** The part of git's configuration that is asked for. */
export interface ConfigReader {
  get(key: string): ByteString | undefined;
  getBool(key: string): boolean | undefined;
}

export interface AnnexSettings {
  readonly uuid: UUID;
  /** 8 and 9 lock content files themselves, 10 lock files beside them. */
  readonly version: 8 | 9 | 10;
  /** annex.tune.objecthashlower. */
  readonly isObjectHashLower: boolean;
  /** annex.tune.objecthash1. */
  readonly hasOneLevelObjectHash: boolean;
  /** Lower case hash directories come first, and are where new content goes. */
  readonly prefersLower: boolean;
  /** annex.crippledfilesystem: no modes, perhaps no hard links. */
  readonly isCrippled: boolean;
  readonly sharing: Sharing;
  readonly diskReserveBytes: number;
  /** annex.securehashesonly. */
  readonly isSecureHashesOnly: boolean;
  readonly freezeCommand: string | undefined;
  readonly thawCommand: string | undefined;
  readonly secureEraseCommand: string | undefined;
  /** annex.private: the location log of this repository is kept to itself, which is the branch's business. */
  readonly isPrivate: boolean;
}

/**
 * @param where names the repository in errors.
 * Throws AnnexError('config').
 */
export function readAnnexSettings(config: ConfigReader, where: string, bare: boolean): AnnexSettings {
  const fail = (why: string): never => {
    throw new AnnexError('config', `${where}: ${why}`);
  };
  const uuid =
    parseUUID(config.get('annex.uuid') ?? '') ?? fail('not a git-annex repository (no annex.uuid)');
  const version = parseVersion(config.get('annex.version'));
  if (version === undefined) {
    const found = config.get('annex.version');
    fail(
      `annex.version is ${found ?? 'not set'}, and only 8, 9 and 10 are known: run git annex init or upgrade`,
    );
  }
  if (config.getBool('annex.pidlock') === true)
    fail('annex.pidlock is set, and then locks of others cannot be seen');
  if (config.get('annex.trashbin') !== undefined) fail('annex.trashbin is set, which is not supported');
  const sharing =
    parseSharing(config.get('core.sharedrepository')) ?? fail('core.sharedRepository is not legal');
  const reserve = config.get('annex.diskreserve');
  const diskReserveBytes =
    reserve === undefined
      ? defaultDiskReserveBytes
      : (parseSize(reserve) ?? fail(`annex.diskreserve is no size: ${reserve}`));
  const isCrippled = config.getBool('annex.crippledfilesystem') === true;
  return {
    uuid,
    version: version ?? 10,
    isObjectHashLower: config.getBool('annex.tune.objecthashlower') === true,
    hasOneLevelObjectHash: config.getBool('annex.tune.objecthash1') === true,
    prefersLower: bare || (isCrippled && config.getBool('core.symlinks') === false),
    isCrippled,
    sharing,
    diskReserveBytes,
    isSecureHashesOnly: config.getBool('annex.securehashesonly') === true,
    freezeCommand: text(config.get('annex.freezecontent-command')),
    thawCommand: text(config.get('annex.thawcontent-command')),
    secureEraseCommand: text(config.get('annex.secure-erase-command')),
    isPrivate: config.getBool('annex.private') === true,
  };
}

function parseVersion(text: string | undefined): AnnexSettings['version'] | undefined {
  return text === '8' ? 8 : text === '9' ? 9 : text === '10' ? 10 : undefined;
}

function text(value: ByteString | undefined): string | undefined {
  return value === undefined ? undefined : byteStringToText(value);
}

/** git-annex's default: "100 megabytes" (manual of git-annex, annex.diskreserve). */
const defaultDiskReserveBytes = 100_000_000;

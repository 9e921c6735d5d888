/**
 * Reads what is known of a key, and of the file it is judged for, before an expression is judged: just the parts that are
 * needed, at the same time. Many subjects may be read at once; what git is asked for goes through its running processes.
 */

import { statSync } from 'node:fs';
import { keyLogPath, oldWebLogPath, type KeyLog } from '../../logs/branch-path.ts';
import { parseMetaDataWithTimes } from '../../logs/metadata-log.ts';
import { parseWebLog } from '../../logs/web-log.ts';
import type { Subject, SubjectFile, SubjectNeed } from '../../preferred-content/subject.ts';
import { parseKey, type Key } from '../../types/key.ts';
import type { UUID } from '../../types/uuid.ts';
import { textToByteString, type ByteString } from '../../util/byte-string.ts';
import { readFileIfAny } from '../branch/annex-files.ts';
import type { AnnexBranch } from '../branch/annex-branch.ts';
import type { BranchLocationLog } from '../branch/branch-location-log.ts';
import type { CopiesReader } from './copies-reader.ts';

export interface SubjectReaderOptions {
  readonly branch: AnnexBranch;
  readonly locations: BranchLocationLog;
  readonly copies: CopiesReader;
  /** The repository whose objects can be looked at. */
  readonly here?: ObjectsHere | undefined;
}

export interface ObjectsHere {
  readonly uuid: UUID;
  readonly hasContent: (key: Key) => Promise<boolean>;
}

export interface ReadOptions {
  readonly file: SubjectFile;
  readonly needs: ReadonlySet<SubjectNeed>;
  /** Whether .gitattributes of the work tree count for the file, as they do unless told. */
  readonly withAttributes?: boolean | undefined;
}

export class SubjectReader {
  readonly #options: SubjectReaderOptions;
  #unused: { readonly version: string; readonly keys: ReadonlySet<Key> } | undefined;

  constructor(options: SubjectReaderOptions) {
    this.#options = options;
  }

  /** What is not in `needs` is left empty, numcopies 1. The list of unused keys is read when it changed. */
  async read(key: Key, { file, needs, withAttributes = true }: ReadOptions): Promise<Subject> {
    const { copies, here, locations } = this.#options;
    const path = file.type === 'path' && withAttributes ? file.path : undefined;
    const [found, dead, wanted, metadata, urls, unused, hasContent] = await Promise.all([
      needs.has('locations') ? locations.locations(key) : none,
      needs.has('dead-locations') ? locations.deadLocations(key) : none,
      needs.has('numcopies') ? copies.copies(path) : undefined,
      needs.has('metadata') ? this.#metadata(key) : noMetadata,
      needs.has('urls') ? this.#urls(key) : [],
      needs.has('unused') ? this.#readUnused() : undefined,
      needs.has('here') ? here?.hasContent(key) : undefined,
    ]);
    return {
      key,
      file,
      locations: new Set(found),
      deadLocations: new Set(dead),
      numCopies: wanted?.numCopies ?? 1,
      metadata,
      urls,
      isUnused: unused?.has(key) === true,
      ...(here === undefined || hasContent === undefined ? {} : { here: { uuid: here.uuid, hasContent } }),
    };
  }

  async #metadata(key: Key): Promise<ReadonlyMap<ByteString, readonly ByteString[]>> {
    return parseMetaDataWithTimes((await this.#log(key, 'metadata')) ?? '');
  }

  /** Logs of very old versions count where there is no other. */
  async #urls(key: Key): Promise<readonly ByteString[]> {
    const content = (await this.#log(key, 'web')) ?? (await this.#options.branch.read(oldWebLogPath(key)));
    return parseWebLog(content ?? '').map(({ url }) => url);
  }

  async #log(key: Key, log: KeyLog): Promise<ByteString | undefined> {
    const oneLevel = await this.#options.locations.oneLevel();
    return await this.#options.branch.read(keyLogPath(key, { log, oneLevel }));
  }

  /** `NUMBER KEY` or `NUMBER KEY TIME` a line. */
  async #readUnused(): Promise<ReadonlySet<Key>> {
    const { gitDir } = this.#options.branch.repository;
    const path = `${gitDir}/annex/unused`;
    // A server reads it again for every upload, and `git annex unused` writes it anew.
    const there = statSync(path, { bigint: true, throwIfNoEntry: false });
    const version = there === undefined ? '' : `${there.ino}:${there.size}:${there.mtimeNs}`;
    if (this.#unused?.version === version) return this.#unused.keys;
    const content = (await readFileIfAny(textToByteString(path))) ?? '';
    const keys = new Set(
      content.split('\n').flatMap((line) => {
        const [, key] = /^\d+ (.+?)(?: [\d.]+s)?$/.exec(line) ?? [];
        return key === undefined ? [] : (parseKey(key) ?? []);
      }),
    );
    this.#unused = { version, keys };
    return keys;
  }
}

const none: readonly UUID[] = [];
const noMetadata: ReadonlyMap<ByteString, readonly ByteString[]> = new Map();

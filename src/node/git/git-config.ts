/**
 * A repository's git configuration as it was read once: keys in the order of the files, system before user before
 * repository, so that the last value of a key counts. Values are bytes.
 *
 * Sections and names of variables have no case, subsections (names of remotes) have. `git config --list -z` prints keys
 * in that normal form already: `key LF value NUL`, and `key NUL` for a key without `=`, which is a true boolean.
 */

import type { ByteString } from '../../util/byte-string.ts';

export interface ConfigEntry {
  /** In normal form. */
  readonly key: ByteString;
  /** Undefined for a key without `=`. */
  readonly value: ByteString | undefined;
}

export class GitConfig {
  readonly #entries: readonly ConfigEntry[];
  readonly #byKey = new Map<ByteString, ConfigEntry[]>();

  constructor(entries: readonly ConfigEntry[]) {
    this.#entries = entries;
    for (const entry of entries) {
      const known = this.#byKey.get(entry.key);
      if (known === undefined) this.#byKey.set(entry.key, [entry]);
      else known.push(entry);
    }
  }

  /** The last value; the empty string for a key without `=`. */
  get(key: ByteString): ByteString | undefined {
    const last = this.entry(key);
    return last === undefined ? undefined : (last.value ?? '');
  }

  /** All values, in order. */
  getAll(key: ByteString): readonly ByteString[] {
    return (this.#byKey.get(normalizeConfigKey(key)) ?? []).map(({ value }) => value ?? '');
  }

  /** Undefined where the key is missing or no boolean to git (git-annex passes over those as well). */
  getBool(key: ByteString): boolean | undefined {
    const last = this.entry(key);
    return last === undefined ? undefined : last.value === undefined ? true : parseGitBool(last.value);
  }

  /** A whole number with git's suffixes k, m and g; undefined where missing or no number. */
  getInt(key: ByteString): number | undefined {
    const value = this.get(key);
    return value === undefined ? undefined : parseGitInt(value);
  }

  /** The subsections of a section in order of first appearance: `subsections('remote')` are the remotes' names. */
  subsections(section: ByteString): readonly ByteString[] {
    const prefix = `${section.toLowerCase()}.`;
    const names = new Set<ByteString>();
    for (const { key } of this.#entries) {
      const end = key.lastIndexOf('.');
      if (key.startsWith(prefix) && end >= prefix.length) names.add(key.slice(prefix.length, end));
    }
    return [...names];
  }

  /** The variables of one section, or of one subsection, with their last values, in order of first appearance. */
  variables(section: ByteString, subsection?: ByteString): ReadonlyMap<ByteString, ByteString> {
    const prefix = `${section.toLowerCase()}.${subsection === undefined ? '' : `${subsection}.`}`;
    const found = new Map<ByteString, ByteString>();
    for (const { key, value } of this.#entries) {
      if (key.startsWith(prefix) && key.lastIndexOf('.') === prefix.length - 1) {
        found.set(key.slice(prefix.length), value ?? '');
      }
    }
    return found;
  }

  /** This configuration with more entries after its own. */
  with(entries: readonly ConfigEntry[]): GitConfig {
    return new GitConfig([...this.#entries, ...entries]);
  }

  /** Names of the remotes, in order of first appearance. */
  remotes(): readonly ByteString[] {
    return this.subsections('remote');
  }

  /** The last entry of a key, as it stands. */
  entry(key: ByteString): ConfigEntry | undefined {
    return this.#byKey.get(normalizeConfigKey(key))?.at(-1);
  }
}

/** Section and variable in lower case, the subsection as it is. */
export function normalizeConfigKey(key: ByteString): ByteString {
  const first = key.indexOf('.');
  const last = key.lastIndexOf('.');
  if (first === -1) return key;
  return key.slice(0, first).toLowerCase() + key.slice(first, last) + key.slice(last).toLowerCase();
}

/** Parses `git config --list --show-origin -z`. */
export function parseConfigList(output: ByteString): {
  readonly config: GitConfig;
  readonly files: readonly ByteString[];
} {
  const fields = output.split('\0');
  const entries: ConfigEntry[] = [];
  const files = new Set<ByteString>();
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const origin = fields[index] ?? '';
    const line = fields[index + 1] ?? '';
    if (origin.startsWith('file:')) files.add(origin.slice('file:'.length));
    const end = line.indexOf('\n');
    entries.push(
      end === -1 ? { key: line, value: undefined } : { key: line.slice(0, end), value: line.slice(end + 1) },
    );
  }
  return { config: new GitConfig(entries), files: [...files] };
}

/** git's booleans: yes, on, true and numbers but 0; no, off, false, 0 and nothing. */
export function parseGitBool(value: ByteString): boolean | undefined {
  const word = value.toLowerCase();
  if (word === 'true' || word === 'yes' || word === 'on') return true;
  if (word === 'false' || word === 'no' || word === 'off' || word === '') return false;
  const number = parseGitInt(value);
  return number === undefined ? undefined : number !== 0;
}

function parseGitInt(value: ByteString): number | undefined {
  const match = /^\s*([-+]?\d+)([kmg]?)$/i.exec(value);
  if (match === null) return undefined;
  const [, digits = '', suffix = ''] = match;
  const number = Number(digits) * (suffixes[suffix.toLowerCase()] ?? 1);
  return Number.isSafeInteger(number) ? number : undefined;
}

const suffixes: Readonly<Record<string, number>> = { k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

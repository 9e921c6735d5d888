/**
 * The query of a request: `name=value` pairs between `&` or `;`, as git-annex splits them. Of a name that occurs more
 * than once the first counts, except for the one parameter that is a list.
 */

import type { ByteString } from '../../util/byte-string.ts';
import { percentDecode } from './values.ts';

export class Query {
  readonly #names: ByteString[] = [];
  readonly #values: (ByteString | undefined)[] = [];

  constructor(raw: ByteString) {
    if (raw === '') return;
    for (const pair of raw.includes(';') ? raw.split(/[&;]/) : raw.split('&')) {
      const equals = pair.indexOf('=');
      this.#names.push(percentDecode(equals === -1 ? pair : pair.slice(0, equals), form));
      this.#values.push(equals === -1 ? undefined : percentDecode(pair.slice(equals + 1), form));
    }
  }

  /** The decoded value of the first occurrence; undefined where the name is absent or has no `=`. */
  first(name: string): ByteString | undefined {
    const index = this.#names.indexOf(name);
    return index === -1 ? undefined : this.#values[index];
  }

  /** All values of `name` and `name[]`, in order. */
  all(name: string): readonly ByteString[] {
    const found: ByteString[] = [];
    for (let index = 0; index < this.#names.length; index++) {
      const value = this.#values[index];
      const here = this.#names[index];
      if (value !== undefined && (here === name || here === `${name}[]`)) found.push(value);
    }
    return found;
  }
}

const form = { plusIsSpace: true };

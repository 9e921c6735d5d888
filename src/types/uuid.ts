/**
 * The UUID of a repository, as git-annex has it: any non-empty text is a UUID, though all but test ones look like
 * `468a6a9f-0d4f-4aee-a5f7-c2fb44e4e2e2`. Kept as a byte string.
 */

import type { ByteString } from '../util/byte-string.ts';
import type { Rng } from '../util/clock.ts';

declare const uuidBrand: unique symbol;

export type UUID = ByteString & { readonly [uuidBrand]: true };

/**
 * Accepts what git-annex accepts on the wire (anything), except what could not be a word of a log line or a file's
 * name: whitespace, control characters, `/`, and the names `.` and `..`.
 */
export function parseUUID(text: ByteString): UUID | undefined {
  if (text.length === 0 || text.length > maxUUIDBytes || text === '.' || text === '..') return undefined;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code <= 0x20 || code === 0x2f || code === 0x7f || code > 0xff) return undefined;
  }
  return text as UUID;
}

/** A random version 4 UUID. */
export function genUUID(rng: Rng): UUID {
  const bytes = rng.bytes(16);
  const hex = Array.from(bytes, (byte, index) => {
    const fixed = index === 6 ? (byte & 0x0f) | 0x40 : index === 8 ? (byte & 0x3f) | 0x80 : byte;
    return fixed.toString(16).padStart(2, '0');
  }).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join(
    '-',
  ) as UUID;
}

/** The web special remote. */
export const webUUID: UUID = '00000000-0000-0000-0000-000000000001' as UUID;

/** The bittorrent special remote. */
export const bittorrentUUID: UUID = '00000000-0000-0000-0000-000000000002' as UUID;

const maxUUIDBytes = 200;

/**
 * Entity tags (RFC 9110 §8.8.3). A strong one promises the same bytes, which only a key with a cryptographic hash, or an
 * object of git, can; that of any other key is weak: good to ask whether something changed, and not to join parts.
 */

import { backendOf } from '../../../types/backend.ts';
import { keyVariety, type Key } from '../../../types/key.ts';
import type { ByteString } from '../../../util/byte-string.ts';

export interface EntityTag {
  /** Between the quotes. */
  readonly text: string;
  readonly isStrong: boolean;
}

export function keyTag(key: Key): EntityTag {
  return { text: encodeURIComponent(key), isStrong: backendOf(keyVariety(key)).cryptographicallySecure };
}

export function formatTag({ text, isStrong }: EntityTag): string {
  return `${isStrong ? '' : 'W/'}"${text}"`;
}

/** Whether an If-None-Match header names the tag; weak tags count as well. */
export function namesTag(header: ByteString, tag: EntityTag): boolean {
  if (header.trim() === '*') return true;
  return Array.from(header.matchAll(/"([^"]*)"/g), ([, text]) => text).includes(tag.text);
}

/** Whether an If-Range header says that the client has a part of these very bytes. A date never does: there is none here. */
export function continuesTag(header: ByteString, tag: EntityTag): boolean {
  return tag.isStrong && header.trim() === formatTag(tag);
}

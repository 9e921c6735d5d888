/**
 * Answers of an annex+http server: JSON and error texts, of bounded size. Nothing in them is trusted to have the form
 * that the protocol gives it; members that are not known are passed over.
 */

import { AnnexError, type ErrorCode } from '../../../types/annex-error.ts';
import { parseUUID, type UUID } from '../../../types/uuid.ts';
import { textToByteString } from '../../../util/byte-string.ts';
import { parseWrapped } from '../values.ts';
import type { ClientResponse } from './http-transport.ts';

/** An answer that was read whole. */
export interface TextAnswer {
  readonly status: number;
  /** The body, or the status line's text where there is none. */
  readonly text: string;
}

export type JSONObject = Readonly<Record<string, unknown>>;

/** Reads an answer whose text is for people: only its beginning counts. */
export async function readText(response: ClientResponse): Promise<TextAnswer> {
  const body = await readSome(response.body, maxErrorBytes);
  const isPage = response.header('content-type')?.includes('html') === true;
  const text = (isPage ? '' : body.text.trim()) || response.statusText;
  return { status: response.status, text: text.replaceAll(/\s+/g, ' ').slice(0, maxShownChars) };
}

/** Throws an AnnexError `protocol` where it is no JSON object. */
export async function readJSON(response: ClientResponse): Promise<JSONObject> {
  const { text, isWhole } = await readSome(response.body, maxJSONBytes);
  if (!isWhole) throw new AnnexError('protocol', `an answer of more than ${maxJSONBytes} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JSONObject;
  throw new AnnexError('protocol', `expected JSON, found ${JSON.stringify(text.slice(0, 60))}`);
}

export function booleanOf(answer: JSONObject, name: string): boolean {
  const value = answer[name];
  if (typeof value === 'boolean') return value;
  throw new AnnexError('protocol', `expected ${name} to be true or false, found ${shown(value)}`);
}

export function countOf(answer: JSONObject, name: string): number {
  const value = answer[name];
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new AnnexError('protocol', `expected ${name} to be a whole number, found ${shown(value)}`);
}

/** A UUID, as JSON has it. */
export function uuidOf(value: unknown): UUID | undefined {
  if (typeof value !== 'string') return undefined;
  const bytes = parseWrapped(textToByteString(value));
  return bytes === undefined ? undefined : parseUUID(bytes);
}

/** The further repositories, without the one that answers. */
export function plusUUIDsOf(answer: JSONObject, own: UUID): readonly UUID[] {
  const listed = answer['plusuuids'];
  if (!Array.isArray(listed)) return [];
  const uuids = new Set<UUID>();
  for (const value of listed) {
    const uuid = uuidOf(value);
    if (uuid !== undefined && uuid !== own) uuids.add(uuid);
  }
  return [...uuids];
}

/** What Annexus adds to a negative answer; git-annex gives no reason. */
export function reasonOf(answer: JSONObject, otherwise: string): string {
  const reason = answer['reason'];
  return typeof reason === 'string' && reason !== '' ? reason.slice(0, maxShownChars) : otherwise;
}

/** What a status that is no answer to the question means. `who` names the repository. */
export function statusError({ status, text }: TextAnswer, who: string): AnnexError {
  return new AnnexError(codeOf(status), `${who} answers ${status} ${text}`.trimEnd());
}

function codeOf(status: number): ErrorCode {
  if (status === 401 || status === 403) return 'access';
  if (status === 503 || status === 429) return 'busy';
  if (status === 404 || status === 502 || status === 504) return 'peer';
  return status >= 500 ? 'remote' : 'protocol';
}

async function readSome(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<{ readonly text: string; readonly isWhole: boolean }> {
  const decoder = new TextDecoder();
  let text = '';
  let leftBytes = maxBytes;
  for await (const chunk of body) {
    text += decoder.decode(chunk.subarray(0, leftBytes), { stream: true });
    leftBytes -= chunk.length;
    if (leftBytes < 0) return { text, isWhole: false };
  }
  return { text: text + decoder.decode(), isWhole: true };
}

function shown(value: unknown): string {
  return value === undefined ? 'none' : JSON.stringify(value).slice(0, 60);
}

const maxJSONBytes = 1024 * 1024;
const maxErrorBytes = 4096;
const maxShownChars = 300;

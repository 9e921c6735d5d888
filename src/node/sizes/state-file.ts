/**
 * Sums kept for the next process, with the commit of the branch that they belong to. Written beside and renamed, and
 * believed only where its digest is right: a file that is damaged, or of another version, is none.
 *
 *     {"version":1,"commit":"9daad5…","amounts":[["468a6a9f-…",12,0,"4711"]]} LF
 *     SHA-256 of that line, in hexadecimal LF
 */

import { createHash } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseUUID } from '../../types/uuid.ts';
import { textToByteString, type ByteString } from '../../util/byte-string.ts';
import { readFileIfAny, uniqueName } from '../branch/annex-files.ts';
import { Amounts } from './amounts.ts';
import type { SharedFiles } from '../repository/shared-files.ts';

export interface SizeState {
  readonly commit: string;
  /** By the branch alone, without the journal. */
  readonly amounts: Amounts;
}

/** Undefined for none that can be read and believed. */
export async function readSizeState(path: string): Promise<SizeState | undefined> {
  const content = (await readFileIfAny(textToByteString(path)).catch(() => undefined)) ?? '';
  const [line = '', digest] = content.split('\n');
  if (content !== `${line}\n${digest}\n` || digest !== digestOf(line)) return undefined;
  return parseState(JSON.parse(line) as StateLine);
}

/**
 * Not flushed to the disk: what a power failure damages is not believed. Throws Node's errors where it cannot be written;
 * what was there before is there then.
 */
export async function writeSizeState(
  path: string,
  { commit, amounts }: SizeState,
  files: SharedFiles,
): Promise<void> {
  const state: StateLine = {
    version,
    commit,
    amounts: [...amounts.entries()].map(([uuid, { keys, unsized, bytes }]) => [
      uuid,
      keys,
      unsized,
      String(bytes),
    ]),
  };
  const line = JSON.stringify(state);
  await files.makeDirectory(dirname(path));
  const temporary = `${path}.${uniqueName()}.tmp`;
  try {
    await writeFile(temporary, `${line}\n${digestOf(line)}\n`, 'latin1');
    await files.share(temporary);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

interface StateLine {
  readonly version: number;
  readonly commit: string;
  readonly amounts: readonly (readonly [uuid: string, keys: number, unsized: number, bytes: string])[];
}

function parseState(state: StateLine): SizeState | undefined {
  if (state.version !== version) return undefined;
  const amounts = state.amounts.flatMap(([text, keys, unsized, bytes]) => {
    const uuid = parseUUID(text);
    return uuid === undefined ? [] : [[uuid, { keys, unsized, bytes: BigInt(bytes) }] as const];
  });
  return { commit: state.commit, amounts: new Amounts(amounts) };
}

/** UUIDs are byte strings, so that the line is one, too. */
function digestOf(line: ByteString): string {
  return createHash('sha256').update(line, 'latin1').digest('hex');
}

const version = 1;

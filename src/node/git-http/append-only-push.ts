/**
 * What an append-only push must not do, read from its commands before git gets them (gitprotocol-pack, "Reference Update
 * Request"). Git's own settings are not enough: receive.denyDeletes and receive.denyNonFastForwards are for refs/heads/
 * alone, and a command that says neither old nor new id deletes a branch past them.
 *
 * New refs may be made, and branches may move, of which git looks that they move forward. All else is named to git as
 * hidden (receive.hideRefs), so that it refuses these refs and takes the others.
 */

import { byteStringToUTF8, type ByteString } from '../../util/byte-string.ts';
import { PktLines } from './pkt-lines.ts';

export interface AppendOnlyPush {
  /** Refs, and what is above them, that git is to refuse. */
  readonly refused: readonly string[];
  /** The whole request, what was read of it included. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** @param options.isPlain whether the bytes are as git wrote them, and not compressed */
export async function readAppendOnlyPush(
  body: AsyncIterable<Uint8Array>,
  { isPlain }: { readonly isPlain: boolean },
): Promise<AppendOnlyPush> {
  if (!isPlain) return { refused: everything, body };
  const chunks = body[Symbol.asyncIterator]();
  const read: Uint8Array[] = [];
  const refused = await readCommands(chunks, read);
  return { refused, body: joined(read, chunks) };
}

/** Reads to the end of the commands, and keeps in `read` what it took. */
async function readCommands(
  chunks: AsyncIterator<Uint8Array>,
  read: Uint8Array[],
): Promise<readonly string[]> {
  const lines = new PktLines();
  const refused: string[] = [];
  let readBytes = 0;
  while (readBytes < maxCommandsBytes) {
    const next = await chunks.next();
    if (next.done === true) break;
    // The chunk is ours: node:http makes a new one each time.
    read.push(next.value);
    readBytes += next.value.length;
    for (const line of lines.push(next.value)) {
      if (line === undefined) return few(refused);
      const ref = refusedRef(line);
      if (ref !== undefined) refused.push(ref);
    }
  }
  return everything;
}

/** Undefined for a command that may pass, and for what is none and does nothing. */
function refusedRef(line: ByteString): string | undefined {
  const [command = ''] = line.split('\0');
  if (/^shallow [0-9a-f]+\n?$/i.test(command)) return undefined;
  const [, from = '', to = '', name = ''] =
    /^([0-9a-f]{40,64}) ([0-9a-f]{40,64}) ([^\n]+)\n?$/i.exec(command) ?? [];
  const ref = byteStringToUTF8(name);
  // Not understood, as the commands in a push certificate are not.
  if (ref?.startsWith('refs/') !== true) return everything[0];
  if (isNobody(to)) return ref;
  return isNobody(from) || ref.startsWith('refs/heads/') ? undefined : ref;
}

function isNobody(id: string): boolean {
  return /^0+$/.test(id);
}

/** No more than fit in the environment of git's programs. */
function few(refused: readonly string[]): readonly string[] {
  const bytes = refused.reduce((sum, ref) => sum + Buffer.byteLength(ref) + settingBytes, 0);
  return bytes > maxSettingsBytes ? everything : refused;
}

async function* joined(
  read: readonly Uint8Array[],
  chunks: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, undefined> {
  yield* read;
  yield* { [Symbol.asyncIterator]: () => chunks };
  return undefined;
}

const everything: readonly string[] = ['refs'];
const maxCommandsBytes = 4 * 1024 * 1024;
const settingBytes = 32;
/** Of the 128 KiB that Linux takes as one variable. */
const maxSettingsBytes = 65_536;

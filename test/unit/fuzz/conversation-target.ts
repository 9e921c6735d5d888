// The server's side of the line protocol, fed by a client of whom nothing is sure.
import { contentSizeBytes, isVerifiable } from '../../../src/node/repository/intact-objects.ts';
import { memoryChannels } from '../../../src/p2p/memory-channel.ts';
import { formatMessage } from '../../../src/p2p/message.ts';
import { serveP2P } from '../../../src/p2p/serve-p2p.ts';
import { Wire } from '../../../src/p2p/wire.ts';
import type { Channel } from '../../../src/p2p/channel.ts';
import type { MemoryRemote } from '../../../src/remote/memory-remote.ts';
import type { Remote } from '../../../src/remote/remote.ts';
import { AnnexError } from '../../../src/types/annex-error.ts';
import type { Key } from '../../../src/types/key.ts';
import { byteStringToBytes, type ByteString } from '../../../src/util/byte-string.ts';
import { contextOf, GatewayBench, hashKey, makeDigest, nodeUUID } from '../../support/gateway-bench.ts';
import { insist, type FuzzTarget } from './fuzz-target.ts';
import { recordedConversations, type Recorded } from './recorded-lines.ts';

export const servedUUID: string = nodeUUID(0);
export const sample: Uint8Array = byteStringToBytes('some content of nineteen');
export const sampleKey: Key = hashKey(sample);

export async function conversationTargets(): Promise<readonly FuzzTarget[]> {
  const recorded = await recordedConversations(servedUUID);
  const own = `VERSION 4\nGET 0 a ${sampleKey}\nSUCCESS\nPUT a ${sampleKey}\nLOCKCONTENT ${sampleKey}\nUNLOCKCONTENT\nREMOVE ${sampleKey}\n`;
  const seeds = [...new Set([own, ...recorded.map(({ said }) => said)])];
  const target = (name: string, serve: Serving): FuzzTarget => ({
    name,
    seeds,
    run: async (input) => await converse(input, serve, recorded),
  });
  return [
    target('a repository that is spoken with', (bench) => bench.memory(0)),
    target('a proxied node that is spoken with', (bench) => bench.proxied(bench.memory(0))),
    target('a cluster that is spoken with', (bench) =>
      bench.cluster([0, 1].map((index) => bench.node(bench.memory(index)))),
    ),
  ];
}

type Serving = (bench: Bench) => Remote;

/** Remembers its nodes. */
class Bench extends GatewayBench {
  readonly memories: MemoryRemote[] = [];

  override memory(...args: Parameters<GatewayBench['memory']>): MemoryRemote {
    const memory = super.memory(...args);
    this.memories.push(memory);
    return memory;
  }
}

/** How the input is cut, who may do what, and how the client is greeted follow from the input. */
async function converse(input: ByteString, serve: Serving, recorded: readonly Recorded[]): Promise<void> {
  const bench = new Bench();
  const remote = serve(bench);
  for (const memory of bench.memories) memory.contents.set(sampleKey, sample);
  const variant = variantOf(input);
  if (variant % 2 === 0) {
    for (const { key, bytes } of recorded[variant % recorded.length]?.contents ?? []) {
      // Some are recorded under keys that are not theirs.
      if (isContentOf(key as Key, bytes)) bench.memories[0]?.contents.set(key as Key, new Uint8Array(bytes));
    }
  }
  const [here, there] = memoryChannels();
  const controller = new AbortController();
  const ended = serveP2P(new Wire(there), {
    remote,
    mode: (['readwrite', 'readwrite', 'appendonly', 'readonly'] as const)[variant & 3] ?? 'readonly',
    greeting:
      variant % 7 === 0
        ? { type: 'token', isValid: (token) => token.length % 2 === 0 }
        : { type: 'known', clientUUID: contextOf().clientUUID },
    requestId: 'fuzz',
    signal: controller.signal,
    events: () => undefined,
  });
  const heard = listen(here);
  const saying = say(here, input, 1 + (variant % 97)).catch(() => undefined);
  const end = await ended;
  await there.end();
  here.destroy();
  await saying;
  if (end.type === 'broken') insist(isExpected(end.error), `it broke of ${String(end.error)}`);
  await checkHeard(await heard, end.type === 'broken');
  for (const memory of bench.memories) checkContents(memory);
  insist(bench.openDownloads === 0, 'a download was not let go of');
}

function variantOf(input: ByteString): number {
  let hash = 0;
  for (let at = 0; at < input.length; at += 7) hash = (Math.imul(hash, 31) + input.charCodeAt(at)) >>> 0;
  return hash;
}

async function say(channel: Channel, input: ByteString, pieceBytes: number): Promise<void> {
  const bytes = byteStringToBytes(input);
  const step = Math.max(pieceBytes, bytes.length >> 6);
  for (let at = 0; at < bytes.length; at += step) await channel.write(bytes.subarray(at, at + step));
  await channel.end();
}

async function listen(channel: Channel): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  try {
    for (let chunk = await channel.read(); chunk !== undefined; chunk = await channel.read())
      chunks.push(chunk.slice());
  } catch {
    // What was heard before the channel broke counts.
  }
  return Buffer.concat(chunks);
}

function isExpected(error: unknown): boolean {
  return error instanceof AnnexError && ['framing', 'protocol', 'peer', 'verification'].includes(error.code);
}

/** What the server said must be messages and counted bytes to the last, unless it broke off. */
async function checkHeard(bytes: Uint8Array, isBroken: boolean): Promise<void> {
  const [from, to] = memoryChannels();
  const feeding = say(from, Buffer.from(bytes).toString('latin1'), 65_536);
  feeding.catch(() => undefined);
  const wire = new Wire(to);
  try {
    for (let message = await wire.receive(); message !== undefined; message = await wire.receive()) {
      insist(message.type !== 'unparsable', `it said ${JSON.stringify(message)}`);
      if (message.type === 'unparsable') return;
      insist(!formatMessage(message).includes('\n'), 'a message of two lines');
      if (message.type === 'DATA')
        for await (const chunk of wire.receiveData(message.lengthBytes)) void chunk;
    }
  } catch (error) {
    if (!(isBroken && error instanceof AnnexError && error.code === 'framing')) throw error;
  } finally {
    to.destroy();
  }
}

export function checkContents(memory: MemoryRemote): void {
  for (const [key, bytes] of memory.contents) insist(isContentOf(key, bytes), `${key} has other content`);
}

/** A key of a chunk has the size and the hash of the whole, and says nothing of its own content. */
function isContentOf(key: Key, bytes: Uint8Array): boolean {
  if ((contentSizeBytes(key) ?? bytes.length) !== bytes.length) return false;
  if (!isVerifiable(key)) return true;
  const digest = makeDigest(key);
  digest?.update(bytes);
  return digest?.matches() ?? true;
}

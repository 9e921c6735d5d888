// The few requests of git-annex's client that a scenario makes by hand, to see exactly what was answered, how much was
// sent, and when. Each uses a connection of its own, so that a server killed in the midst concerns one request alone.
import { Agent, type IncomingMessage, request } from 'node:http';
import type { Server } from './server.ts';

const clientUUID = '11111111-2222-4333-8444-555555555555';

export interface StoreTarget {
  readonly server: Server;
  /** A node's, a cluster's, or the gateway's own. */
  readonly uuid: string;
  readonly key: string;
}

/** What putoffset answered: where to go on from, or that nothing is needed. */
export type PutOffset = { readonly offset: number } | { readonly alreadyhave: true };

/** Asks how much of a key the server already has. */
export async function putOffset(target: StoreTarget): Promise<PutOffset> {
  const answer = await post(target, 'putoffset', {});
  return JSON.parse(answer) as PutOffset;
}

export interface Stored {
  readonly stored: boolean;
  readonly plusuuids: readonly string[];
}

export interface Upload {
  /** The answer, or undefined where the connection broke before it came. */
  readonly answer: Promise<Stored | undefined>;
  /** Bytes handed to the kernel so far. */
  readonly sentBytes: () => number;
}

export interface UploadOptions extends StoreTarget {
  /** The whole object. */
  readonly content: Buffer;
  readonly offset: number;
  /** Waits so long after each MiB; 0 sends as fast as the server reads. */
  readonly pauseMs: number;
}

/** Starts an upload and lets go of it: the server may be killed meanwhile. */
export function startUpload(options: UploadOptions): Upload {
  let sent = 0;
  const headers = {
    'Content-Type': 'application/octet-stream',
    'X-git-annex-data-length': String(options.content.length - options.offset),
    'Transfer-Encoding': 'chunked',
  };
  const query = { offset: String(options.offset) };
  const answer = post(options, 'put', { headers, query }, async (write) => {
    const step = 64 * 1024;
    for (let at = options.offset; at < options.content.length; at += step) {
      const chunk = options.content.subarray(at, at + step);
      await write(chunk);
      sent += chunk.length;
      if (options.pauseMs > 0 && sent % 2 ** 20 < step) await sleep(options.pauseMs);
    }
  });
  const settled = answer.then(
    (body) => JSON.parse(body) as Stored,
    (error: unknown) => {
      if (error instanceof ConnectionBroke) return undefined;
      throw error;
    },
  );
  // It may be awaited much later, or never where the scenario has failed already.
  settled.catch(() => undefined);
  return { answer: settled, sentBytes: () => sent };
}

/** Locks content as before a drop elsewhere; undefined where the server refuses. */
export async function lockContent(target: StoreTarget): Promise<string | undefined> {
  const answer = JSON.parse(await post(target, 'lockcontent', {})) as { locked: boolean; lockid?: string };
  return answer.locked ? answer.lockid : undefined;
}

/** Takes up a lock and ends it, as git-annex's client does after its drop. */
export async function unlockContent({ server, uuid }: StoreTarget, lockid: string): Promise<void> {
  const path = `/git-annex/${uuid}/v4/keeplocked?lockid=${lockid}&clientuuid=${clientUUID}`;
  const headers = { 'Content-Type': 'application/json', 'Transfer-Encoding': 'chunked' };
  const body: Body = async (write) => {
    for (const unlock of [false, true]) await write(Buffer.from(`${JSON.stringify({ unlock })}\n`));
  };
  const { status } = await exchange({ port: server.port, method: 'POST', path, headers, body });
  if (status !== 200) throw new Error(`keeplocked: ${status}`);
}

/** The whole content of a key, or the status where it is not 200. */
export async function download({ server, uuid, key }: StoreTarget): Promise<Buffer | number> {
  const path = `/git-annex/${uuid}/v4/key/${encodeURIComponent(key)}?clientuuid=${clientUUID}`;
  const answer = await exchange({ port: server.port, method: 'GET', path, headers: {} });
  return answer.status === 200 ? answer.body : answer.status;
}

class ConnectionBroke extends Error {}

interface Extra {
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
}

type Body = (write: (chunk: Buffer) => Promise<void>) => Promise<void>;

async function post(target: StoreTarget, endpoint: string, extra: Extra, body?: Body): Promise<string> {
  const query = new URLSearchParams({ key: target.key, clientuuid: clientUUID, ...extra.query });
  const path = `/git-annex/${target.uuid}/v4/${endpoint}?${query.toString().replaceAll('+', '%20')}`;
  const headers = extra.headers ?? { 'Content-Length': '0' };
  const answer = await exchange({ port: target.server.port, method: 'POST', path, headers, body });
  const text = answer.body.toString('utf8');
  if (answer.status !== 200) throw new Error(`${endpoint} of ${target.key}: ${answer.status} ${text}`);
  return text;
}

interface Exchange {
  readonly port: number;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Body | undefined;
}

async function exchange(options: Exchange): Promise<{ status: number; body: Buffer }> {
  const { port, method, path, headers, body } = options;
  const agent = new Agent({ keepAlive: false });
  return await new Promise((resolve, reject) => {
    const broke = (cause: unknown): void => reject(new ConnectionBroke('connection broke', { cause }));
    const message = request({ host: '127.0.0.1', port, method, path, headers, agent }, (response) => {
      collect(response).then(
        (content) => resolve({ status: response.statusCode ?? 0, body: content }),
        broke,
      );
    });
    message.on('error', broke);
    const write = async (chunk: Buffer): Promise<void> => {
      if (message.destroyed) throw new ConnectionBroke('connection broke');
      await new Promise<void>((written, failed) =>
        message.write(chunk, (error) => (error ? failed(error) : written())),
      );
    };
    (body?.(write) ?? Promise.resolve()).then(() => message.end(), broke);
  });
}

async function collect(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function sleep(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

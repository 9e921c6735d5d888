/**
 * Git's smart HTTP protocol for one repository, by `git http-backend` (a CGI program): clone, fetch and push on the same
 * port as the annex API. One process a request, which is git's own design; nothing of the annex API passes here.
 *
 * Invariant: a client that goes away ends the child's input or output, and a receive-pack that has begun is never
 * killed, so that hooks and reference updates finish.
 */

import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Paces } from '../../p2p/http/limits/admission.ts';
import type { ServerMode } from '../../remote/remote.ts';
import { AnnexError } from '../../types/annex-error.ts';
import { gitEnvironment } from '../git/git-environment.ts';
import { parseCGIHeader } from './cgi-header.ts';
import { readAppendOnlyPush } from './append-only-push.ts';
import type { PushReport } from './push-report.ts';

export interface GitHTTPRequest {
  /** The repository's git directory, absolute. */
  readonly gitDir: string;
  /** What follows the repository in the URL's path, beginning with `/`, percent-decoded. */
  readonly pathInfo: string;
  /** Without the question mark. */
  readonly query: string;
  /** `appendonly`: a push may add and go forward, but neither move anything back nor remove it. */
  readonly push: ServerMode;
  /** Who is asking, where that is known; hooks see it as REMOTE_USER. */
  readonly user?: string | undefined;
  /** The client's network address, where it has one; hooks see it as REMOTE_ADDR. */
  readonly address?: string | undefined;
  /** How fast bytes may pass. */
  readonly paces?: Paces | undefined;
  /** Sees the bytes as they pass, unless the client has compressed them. */
  readonly report?: PushReport | undefined;
}

/** Answers one git request. Resolves when the answer is sent and the child has ended. */
export async function serveGitHTTP(
  request: IncomingMessage,
  response: ServerResponse,
  options: GitHTTPRequest,
): Promise<void> {
  const { body, refused } = await readPush(request, options);
  const hidden = refused.map((ref) => `receive.hideRefs=${ref}`);
  const words = [...alwaysSettings, ...pushSettings[options.push], ...settings(...hidden), 'http-backend'];
  const child = spawn('git', words, {
    env: cgiEnvironment(request, options),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const ended = childEnd(child);
  const errors = firstBytes(child.stderr);
  // A child that needs no more input closes its end early: that is its right.
  const sent = watched(request, options);
  const input = sent === undefined ? pipeline(body, child.stdin) : pipeline(body, sent, child.stdin);
  input.catch(() => child.stdin.destroy());
  try {
    await relayAnswer(child, response, options);
    await ended;
  } catch (error) {
    response.destroy();
    // A push that arrived whole goes on to its end; a fetch has nobody left to fetch for.
    if (options.pathInfo.endsWith('/git-receive-pack')) child.stdout.resume();
    else child.kill();
    await ended;
    throw new AnnexError('remote', `git http-backend: ${(await errors) || String(error)}`, { cause: error });
  }
}

interface ReadPush {
  readonly body: IncomingMessage | AsyncIterable<Uint8Array>;
  readonly refused: readonly string[];
}

async function readPush(request: IncomingMessage, { push, pathInfo }: GitHTTPRequest): Promise<ReadPush> {
  if (push !== 'appendonly' || pathInfo !== '/git-receive-pack') return { body: request, refused: [] };
  return await readAppendOnlyPush(request, { isPlain: request.headers['content-encoding'] === undefined });
}

/** Undefined where nobody looks and nothing is limited, so that the bytes go straight. */
function watched(request: IncomingMessage, { paces, report }: GitHTTPRequest): Transform | undefined {
  const pace = paces?.upload.isLimited === true ? paces.upload : undefined;
  const reader = request.headers['content-encoding'] === undefined ? report : undefined;
  if (pace === undefined && reader === undefined) return undefined;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      reader?.request(chunk);
      const wait = pace?.pass(chunk.length);
      if (wait === undefined) done(undefined, chunk);
      else void letPass(wait, chunk, done);
    },
  });
}

async function letPass(
  wait: Promise<void>,
  chunk: Buffer,
  done: (error: undefined, chunk: Buffer) => void,
): Promise<void> {
  await wait;
  done(undefined, chunk);
}

async function relayAnswer(
  child: ChildProcessWithoutNullStreams,
  response: ServerResponse,
  { paces, report }: GitHTTPRequest,
): Promise<void> {
  const chunks = child.stdout[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let head: Buffer = Buffer.alloc(0);
  for (;;) {
    const parsed = parseCGIHeader(head);
    if (parsed !== undefined) {
      response.writeHead(parsed.status, parsed.headers);
      const first = head.subarray(parsed.lengthBytes);
      report?.reply(first);
      if (!response.write(first)) await drained(response);
      break;
    }
    if (head.length > maxHeaderBytes) throw new Error('endless header');
    const next = await chunks.next();
    if (next.done === true) throw new Error('no answer');
    head = Buffer.concat([head, next.value]);
  }
  for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
    report?.reply(next.value);
    await paces?.download.pass(next.value.length);
    if (!response.write(next.value)) await drained(response);
  }
  response.end();
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve, reject) => {
    const onDrain = (): void => {
      response.off('close', onClose);
      resolve();
    };
    const onClose = (): void => {
      response.off('drain', onDrain);
      reject(new Error('the client hung up'));
    };
    if (response.destroyed) return reject(new Error('the client hung up'));
    response.once('drain', onDrain).once('close', onClose);
  });
}

// Without it files are there for the asking: the refs that are hidden, loose objects, the paths of alternates.
const alwaysSettings = settings('http.getanyfile=false');

const pushSettings: Readonly<Record<ServerMode, readonly string[]>> = {
  readonly: settings('http.receivepack=false'),
  appendonly: settings(
    'http.receivepack=true',
    'receive.denyNonFastForwards=true',
    'receive.denyDeletes=true',
  ),
  readwrite: settings('http.receivepack=true'),
};

function settings(...values: readonly string[]): readonly string[] {
  return values.flatMap((value) => ['-c', value]);
}

function cgiEnvironment(request: IncomingMessage, options: GitHTTPRequest): NodeJS.ProcessEnv {
  const { headers, method = 'GET' } = request;
  return {
    ...gitEnvironment(undefined),
    GATEWAY_INTERFACE: 'CGI/1.1',
    GIT_HTTP_EXPORT_ALL: '1',
    PATH_TRANSLATED: options.gitDir + options.pathInfo,
    PATH_INFO: options.pathInfo,
    QUERY_STRING: options.query,
    REQUEST_METHOD: method,
    REMOTE_ADDR: options.address ?? '',
    ...(options.user === undefined ? {} : { REMOTE_USER: options.user }),
    ...present('CONTENT_TYPE', headers['content-type']),
    ...present('CONTENT_LENGTH', headers['content-length']),
    ...present('HTTP_CONTENT_ENCODING', headers['content-encoding']),
    ...present('GIT_PROTOCOL', headers['git-protocol']),
  };
}

function present(name: string, value: string | string[] | undefined): NodeJS.ProcessEnv {
  return typeof value === 'string' ? { [name]: value } : {};
}

function childEnd(child: ChildProcessWithoutNullStreams): Promise<void> {
  return new Promise((resolve) => {
    child.once('close', () => resolve());
    child.once('error', () => resolve());
  });
}

/** The beginning of what a child complains of; the rest is read and thrown away. */
async function firstBytes(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  try {
    for await (const chunk of stream) if (text.length < maxErrorBytes) text += String(chunk);
  } catch {
    // What was read until then is all there is to tell.
  }
  return text.slice(0, maxErrorBytes).trim();
}

const maxHeaderBytes = 65_536;
const maxErrorBytes = 2_000;

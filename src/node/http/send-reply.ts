/**
 * Sends a reply over node:http: small ones in one write, streams at the pace at which the machine takes them. A chunk of
 * a stream may be overwritten once the next one is asked for, so the next is asked for only when the system has the
 * last byte of this one; sources read ahead meanwhile.
 */

import { STATUS_CODES } from 'node:http';
import { textReply, type ByteStream, type HttpReply } from '../../p2p/http/message.ts';
import { AnnexError } from '../../types/annex-error.ts';
import type { Exchange } from './exchange.ts';

/**
 * Throws when the reply cannot be completed; the connection must then be destroyed.
 * @param instead the reply to send where a stream fails before its first byte
 * @returns the status that was sent
 */
export async function sendReply(
  exchange: Exchange,
  reply: HttpReply,
  instead: (error: unknown) => HttpReply,
): Promise<number> {
  const { body } = reply;
  if (typeof body === 'object') return sendStream(exchange, { ...reply, body }, instead);
  sendWhole(exchange, reply, body);
  return reply.status;
}

function sendWhole(exchange: Exchange, reply: HttpReply, text: string | undefined): void {
  const { response } = exchange;
  announce(exchange);
  const headers = [
    ...reply.headers,
    'X-Request-Id',
    exchange.id,
    'Content-Length',
    text === undefined ? '0' : `${Buffer.byteLength(text)}`,
  ];
  if (reply.status >= 400) response.statusMessage = reasonPhrase(reply.status, text, exchange.id);
  response.writeHead(reply.status, headers);
  if (!exchange.endsLate) response.end(text);
  else if (text === undefined) response.flushHeaders();
  else response.write(text);
}

/**
 * Stock git-annex shows its user the status line, and neither the body nor a header, with `--debug` or without: what
 * went wrong stands there too, and under which id the server tells more of it.
 */
function reasonPhrase(status: number, text: string | undefined, id: string): string {
  const name = STATUS_CODES[status] ?? 'Error';
  if (text === undefined) return `${name} [request ${id}]`;
  return `${name}: ${text.replaceAll(/[^ -~]+/g, ' ').slice(0, maxReasonPhrase)} [request ${id}]`;
}

async function sendStream(
  exchange: Exchange,
  reply: HttpReply & { readonly body: ByteStream },
  instead: (error: unknown) => HttpReply,
): Promise<number> {
  const stream = reply.body;
  const iterator = stream.chunks[Symbol.asyncIterator]();
  let drained = false;
  try {
    if (exchange.method === 'HEAD') {
      sendHead(exchange, reply, stream);
      exchange.response.end();
      return reply.status;
    }
    // Until the first chunk is there, a failure can still be told as one.
    let next = await iterator.next().catch(instead);
    if ('status' in next) {
      drained = true;
      sendWhole(exchange, next, next.body as string);
      return next.status;
    }
    sendHead(exchange, reply, stream);
    let sentBytes = 0;
    while (next.done !== true) {
      const chunk = next.value;
      sentBytes += chunk.length;
      checkLength(sentBytes, stream, false);
      if (sentBytes === stream.lengthBytes) {
        await exchange.handOver((taken) => exchange.response.end(chunk, taken));
        return reply.status;
      }
      if (chunk.length > 0) await exchange.handOver((taken) => exchange.response.write(chunk, taken));
      next = await iterator.next();
    }
    drained = true;
    checkLength(sentBytes, stream, true);
    await exchange.handOver((taken) => exchange.response.end(taken));
    return reply.status;
  } finally {
    if (!drained) await iterator.return?.();
  }
}

function sendHead(exchange: Exchange, reply: HttpReply, stream: ByteStream): void {
  announce(exchange);
  const { lengthBytes } = stream;
  const length = lengthBytes === undefined ? [] : ['Content-Length', `${lengthBytes}`];
  exchange.response.writeHead(reply.status, [...reply.headers, 'X-Request-Id', exchange.id, ...length]);
}

/** A client that still waits for leave to send its body may or may not send it now: only a new connection is clear. */
function announce(exchange: Exchange): void {
  if (exchange.awaitsContinue) exchange.response.shouldKeepAlive = false;
}

function checkLength(sentBytes: number, stream: ByteStream, ended: boolean): void {
  const { lengthBytes } = stream;
  if (lengthBytes === undefined || (ended ? sentBytes === lengthBytes : sentBytes <= lengthBytes)) return;
  const amount = ended ? `${sentBytes}` : `at least ${sentBytes}`;
  throw new AnnexError('invariant', `content of ${lengthBytes} bytes gave ${amount}`);
}

/** The reply where nobody answers for a path. */
export const nobody: HttpReply = textReply(404, 'not found');

const maxReasonPhrase = 500;

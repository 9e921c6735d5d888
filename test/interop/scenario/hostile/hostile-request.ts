// A request made to break the server, as bytes for a socket.
import type { Random } from '../random.ts';
import { chance } from './chance.ts';

export interface HostileRequest {
  /** What it is about, for counting. */
  readonly kind: string;
  /** Written one after the other. */
  readonly writes: readonly (string | Uint8Array)[];
  /**
   * `reply`: whatever is wrong with it, it is a whole request and must be answered. `anything`: what the server makes of
   * it is its own affair. `leave`: the client sends a part of it and is gone.
   */
  readonly expects: 'reply' | 'anything' | 'leave';
  readonly isHead?: boolean;
  /** Each reply must have one of these; any but 500 unless told. */
  readonly statuses?: readonly number[];
  /** What the whole body of the first reply must look like where its status is 200. */
  readonly body?: RegExp;
}

export interface Target {
  readonly name: string;
  readonly uuid: string;
  /** Present there at the beginning. */
  readonly key: string;
}

/** What generators know of the server, which an attacker may know as well. */
export interface Aim {
  readonly targets: readonly Target[];
  /** Of the repository that nobody is to see: its name, UUID and key are no secrets. */
  readonly hidden: Target;
  /** Names of files beside the repositories, below the directory that all are in. */
  readonly secrets: readonly string[];
  readonly directory: string;
  /** `Authorization` headers that mean something. */
  readonly credentials: readonly string[];
}

export type Generator = (random: Random, aim: Aim) => HostileRequest | readonly HostileRequest[];

export interface Parts {
  readonly kind: string;
  readonly method?: string;
  readonly path: string;
  /** Lines without their ends. */
  readonly headers?: readonly string[];
  readonly body?: string | Uint8Array;
  readonly host?: string;
}

/** One that is well-formed as far as HTTP goes. */
export function request(
  { kind, method = 'POST', path, headers = [], body = '', host = 'x' }: Parts,
  more: Partial<HostileRequest> = {},
): HostileRequest {
  const isFramed = headers.some((line) => /^(content-length|transfer-encoding):/i.test(line));
  const lines = [
    `${method} ${path} HTTP/1.1`,
    `Host: ${host}`,
    ...(isFramed || (body.length === 0 && method !== 'POST') ? [] : [`Content-Length: ${body.length}`]),
    ...headers,
  ];
  const head = `${lines.join('\r\n')}\r\n\r\n`;
  return {
    kind,
    writes: body.length === 0 ? [head] : [head, body],
    expects: 'reply',
    isHead: method === 'HEAD',
    ...more,
  };
}

/** The request from a client that is gone in the middle of it. */
export function leaving(random: Random, whole: HostileRequest): HostileRequest {
  const bytes = Buffer.concat(
    whole.writes.map((each) => (typeof each === 'string' ? Buffer.from(each, 'latin1') : each)),
  );
  const sent = bytes.subarray(0, Math.floor(random() * (bytes.length + 1)));
  const writes = chance(random, 0.5)
    ? [sent]
    : [sent.subarray(0, sent.length >> 1), sent.subarray(sent.length >> 1)];
  return { kind: 'a client that leaves', writes, expects: 'leave' };
}

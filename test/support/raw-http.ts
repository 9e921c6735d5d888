// HTTP at the level of bytes on a socket, for tests that need to be rude.
import { connect, type Socket } from 'node:net';

export interface RawReply {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Whether the body ended as its headers promised. */
  readonly complete: boolean;
}

export class RawConnection {
  readonly socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #ended = false;
  #wake: () => void = () => undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay();
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#ended = true;
      this.#wake();
    });
  }

  static async open(port: number): Promise<RawConnection> {
    const socket = connect(port, '127.0.0.1');
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new RawConnection(socket);
  }

  /** Resolves when the system has the bytes. */
  write(data: string | Uint8Array): Promise<void> {
    const bytes = typeof data === 'string' ? Buffer.from(data, 'latin1') : data;
    return new Promise((resolve) => this.socket.write(bytes, () => resolve()));
  }

  /** The next reply; undefined where the connection ends before its head is there. */
  async reply(options: { readonly headOnly?: boolean } = {}): Promise<RawReply | undefined> {
    for (;;) {
      const parsed = parseReply(this.#received, this.#ended, options.headOnly === true);
      if (parsed !== undefined) {
        this.#received = parsed.rest;
        return parsed.reply;
      }
      if (this.#ended) return undefined;
      await this.#more();
    }
  }

  /** Resolves when the other side has closed. */
  async closed(): Promise<void> {
    while (!this.#ended) await this.#more();
  }

  get receivedBytes(): number {
    return this.#received.length;
  }

  close(): void {
    this.socket.destroy();
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

/** One request on a connection of its own. */
export async function ask(
  port: number,
  request: {
    readonly method: string;
    readonly path: string;
    readonly headers?: Readonly<Record<string, string>> | undefined;
    readonly body?: string | Uint8Array | undefined;
  },
): Promise<RawReply> {
  const connection = await RawConnection.open(port);
  const body = Buffer.from((request.body ?? '') as string, 'latin1');
  const headers: Record<string, string> = {
    Host: 'test',
    'Content-Length': `${body.length}`,
    ...request.headers,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  await connection.write(`${request.method} ${request.path} HTTP/1.1\r\n${lines.join('')}\r\n`);
  if (body.length > 0) await connection.write(body);
  const timer = setTimeout(() => connection.close(), 15_000);
  const reply = await connection.reply({ headOnly: request.method === 'HEAD' });
  clearTimeout(timer);
  connection.close();
  if (reply === undefined) throw new Error(`no answer to ${request.method} ${request.path}`);
  return reply;
}

type Parsed = { readonly reply: RawReply; readonly rest: Buffer } | undefined;

function parseReply(received: Buffer, ended: boolean, headOnly: boolean): Parsed {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd === -1) return undefined;
  const [first = '', ...lines] = received.toString('latin1', 0, headEnd).split('\r\n');
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  const status = Number(first.split(' ')[1]);
  const after = received.subarray(headEnd + 4);
  const done = (body: Buffer, rest: Buffer, complete: boolean): Parsed => ({
    reply: { status, headers, body, complete },
    rest,
  });
  if (status === 100 || status === 204 || status === 304 || headOnly)
    return done(Buffer.alloc(0), after, true);
  if (headers['transfer-encoding'] === 'chunked') {
    const { body, rest } = parseChunks(after);
    if (rest !== undefined) return done(body, rest, true);
    return ended ? done(body, Buffer.alloc(0), false) : undefined;
  }
  const length = headers['content-length'] === undefined ? Infinity : Number(headers['content-length']);
  if (after.length >= length) return done(after.subarray(0, length), after.subarray(length), true);
  return ended ? done(after, Buffer.alloc(0), length === Infinity) : undefined;
}

function parseChunks(bytes: Buffer): { readonly body: Buffer; readonly rest?: Buffer } {
  const parts: Buffer[] = [];
  let at = 0;
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd === -1) return { body: Buffer.concat(parts) };
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    const end = lineEnd + 2 + size + 2;
    if (bytes.length < end) return { body: Buffer.concat([...parts, bytes.subarray(lineEnd + 2, end - 2)]) };
    if (size === 0) return { body: Buffer.concat(parts), rest: bytes.subarray(end) };
    parts.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = end;
  }
}

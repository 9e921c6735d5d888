// Requests one after the other over one connection, or a new one where the server ended it: many requests cost little.
import { once } from 'node:events';
import { connect as connectTLS } from 'node:tls';
import { RawConnection, type RawReply } from './raw-http.ts';

export interface KeptRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export class KeptConnection {
  readonly #open: () => Promise<RawConnection>;
  #connection: RawConnection | undefined;

  readonly #isPatient: boolean;

  /**
   * @param port of this machine; its certificate is not looked at
   * @param options.isPatient asks once more over a new connection where no answer came: real git-annex stalls at times
   */
  constructor(port: number, options: { readonly isTLS: boolean; readonly isPatient: boolean }) {
    const { isTLS, isPatient } = options;
    this.#isPatient = isPatient;
    this.#open = async () => {
      if (!isTLS) return await RawConnection.open(port);
      const socket = connectTLS({ port, host: '127.0.0.1', rejectUnauthorized: false });
      await once(socket, 'secureConnect');
      return new RawConnection(socket);
    };
  }

  async ask(request: KeptRequest): Promise<RawReply> {
    const mayAskAgain = this.#connection !== undefined || this.#isPatient;
    const reply = await this.#askOnce(request);
    // It may have ended just when it was used again.
    return reply ?? (mayAskAgain ? await this.#askOnce(request) : undefined) ?? this.#fail(request);
  }

  close(): void {
    this.#connection?.close();
    this.#connection = undefined;
  }

  async #askOnce(request: KeptRequest): Promise<RawReply | undefined> {
    const connection = (this.#connection ??= await this.#open());
    const { method, path, headers = {}, body = '' } = request;
    const all = { Host: 'test', 'Content-Length': `${Buffer.byteLength(body)}`, ...headers };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    await connection.write(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`);
    const timer = setTimeout(() => connection.close(), 15_000);
    const reply = await connection.reply({ headOnly: method === 'HEAD' });
    clearTimeout(timer);
    if (reply === undefined || !reply.complete || reply.headers['connection'] === 'close') this.close();
    return reply;
  }

  #fail({ method, path }: KeptRequest): never {
    throw new Error(`no answer to ${method} ${path}`);
  }
}

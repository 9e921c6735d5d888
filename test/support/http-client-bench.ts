// The client's Remote in front of the server's endpoints without a wire, and a word in between for tests.
import { MemoryRemote } from '../../src/remote/memory-remote.ts';
import type { Context } from '../../src/remote/remote.ts';
import { AnnexError } from '../../src/types/annex-error.ts';
import type { Key } from '../../src/types/key.ts';
import { wideOpen, type AccessPolicy } from '../../src/p2p/http/access.ts';
import { annexHttp } from '../../src/p2p/http/annex-http.ts';
import { parseAnnexUrl } from '../../src/p2p/http/client/annex-url.ts';
import type { CredentialSource } from '../../src/p2p/http/client/credential-source.ts';
import { HttpRemote } from '../../src/p2p/http/client/http-remote.ts';
import type { ClientRequest } from '../../src/p2p/http/client/http-transport.ts';
import { LockTable } from '../../src/p2p/http/lock-table.ts';
import type { HttpReply } from '../../src/p2p/http/message.ts';
import { contextOf, hashKey, makeDigest, nodeUUID, seededRng } from './gateway-bench.ts';
import { ManualClock } from './manual-clock.ts';
import { MemoryTransport } from './memory-transport.ts';

export const content: Uint8Array = new TextEncoder().encode('what is stored');
export const key: Key = hashKey(content);
export const context: Context = contextOf();

/** Answers in the place of the server; `endpoint` is "v4/put" and the like. */
export type Before = (endpoint: string, request: ClientRequest) => HttpReply | undefined;

export class HttpClientBench {
  readonly clock: ManualClock = new ManualClock();
  readonly memory: MemoryRemote = new MemoryRemote({ uuid: nodeUUID(0), clock: this.clock, makeDigest });
  readonly locks: LockTable = new LockTable({ clock: this.clock, rng: seededRng() });
  readonly transport: MemoryTransport;
  readonly remote: HttpRemote;
  before: Before;

  constructor(
    before: Before = () => undefined,
    options: {
      readonly url?: string;
      readonly access?: AccessPolicy;
      readonly credentials?: CredentialSource;
    } = {},
  ) {
    this.before = before;
    const handler = annexHttp({
      resolve: (uuid) =>
        Promise.resolve(
          uuid === this.memory.uuid ? { remote: this.memory, access: options.access ?? wideOpen } : undefined,
        ),
      locks: this.locks,
    });
    this.transport = new MemoryTransport({
      handler,
      before: (request) => this.before(/\/(v\d\/\w[\w-]*)/.exec(request.target)?.[1] ?? '', request),
    });
    this.remote = new HttpRemote({
      url: parseAnnexUrl(options.url ?? 'annex+http://h/')!,
      uuid: this.memory.uuid,
      transport: this.transport,
      clock: this.clock,
      credentials: options.credentials,
    });
  }

  /** "v4/checkpresent" and so on, since the last time. */
  asked(): string[] {
    return this.transport.asked.splice(0).map((line) => /\/(v\d\/[\w-]*)/.exec(line)?.[1] ?? line);
  }
}

/** What an AnnexError was thrown for. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  return await promise.then(
    () => 'no error',
    (error: unknown) => (error instanceof AnnexError ? error.code : String(error)),
  );
}

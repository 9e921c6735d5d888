// What servers may answer, and what the client makes of it; ours and git-annex's, old and broken ones.
import { describe, expect, test } from 'vitest';
import {
  contextOf,
  hashKey,
  makeDigest,
  nodeUUID,
  seededRng,
} from '../../../../test/support/gateway-bench.ts';
import { ManualClock } from '../../../../test/support/manual-clock.ts';
import { MemoryTransport } from '../../../../test/support/memory-transport.ts';
import { sendAll, uploadOf } from '../../../remote/conformance/check.ts';
import { MemoryRemote } from '../../../remote/memory-remote.ts';
import type { ContentLock, Context } from '../../../remote/remote.ts';
import { AnnexError } from '../../../types/annex-error.ts';
import { formatKey } from '../../../types/key.ts';
import type { UUID } from '../../../types/uuid.ts';
import { collect } from '../../../util/bytes.ts';
import { wideOpen, type Credentials } from '../access.ts';
import { annexHttp } from '../annex-http.ts';
import { LockTable } from '../lock-table.ts';
import { emptyReply, jsonReply, textReply, type HttpReply } from '../message.ts';
import { userAccess } from '../user-access.ts';
import { parseAnnexUrl } from './annex-url.ts';
import type { CredentialSource } from './credential-source.ts';
import type { ClientRequest } from './http-transport.ts';
import { HttpRemote } from './http-remote.ts';

const content = new TextEncoder().encode('what is stored');
const key = hashKey(content);
const context = contextOf();

type Before = (endpoint: string, request: ClientRequest) => HttpReply | undefined;

class Bench {
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
      readonly access?: Parameters<typeof annexHttp>[0]['access'];
      readonly credentials?: CredentialSource;
    } = {},
  ) {
    this.before = before;
    const handler = annexHttp({
      resolve: (uuid) => Promise.resolve(uuid === this.memory.uuid ? this.memory : undefined),
      access: options.access ?? wideOpen,
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

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return await promise.then(
    () => 'no error',
    (error: unknown) => (error instanceof AnnexError ? error.code : String(error)),
  );
}

describe('versions', () => {
  const only =
    (...versions: readonly string[]): Before =>
    (endpoint) =>
      versions.includes(endpoint.slice(0, 2)) ? undefined : emptyReply(404);

  test('a lower version is found, remembered, and looked for again after a while', async () => {
    const bench = new Bench(only('v2', 'v1', 'v0'));
    expect(await bench.remote.checkPresent(key, context)).toBe(false);
    expect(await bench.remote.checkPresent(key, context)).toBe(false);
    expect(bench.asked()).toEqual(['v4', 'v3', 'v2', 'v2'].map((version) => `${version}/checkpresent`));
    bench.before = () => undefined;
    await bench.clock.advance(600_000);
    await bench.remote.checkPresent(key, context);
    await bench.remote.checkPresent(key, context);
    expect(bench.asked()).toEqual(['v4/checkpresent', 'v4/checkpresent']);
  });

  test('a server that does not know the repository is an error each time, and nothing is remembered', async () => {
    const bench = new Bench(() => emptyReply(404));
    expect(await codeOf(bench.remote.checkPresent(key, context))).toBe('peer');
    expect(await codeOf(bench.remote.retrieve(key, { offset: 0 }, context))).toBe('peer');
    expect(await codeOf(bench.remote.store(key, {}, context))).toBe('peer');
    expect(await codeOf(bench.remote.remove(key, {}, context))).toBe('peer');
    expect(await codeOf(bench.remote.remove(key, { before: 9 }, context))).toBe('peer');
    expect(await codeOf(bench.remote.timestamp(context))).toBe('peer');
    expect(await codeOf(bench.remote.lockContent(key, context))).toBe('peer');
    bench.asked();
    bench.before = () => undefined;
    await bench.remote.checkPresent(key, context);
    expect(bench.asked()).toEqual(['v4/checkpresent']);
  });

  test('git-annex says 400 to a version that it does not have', async () => {
    const bench = new Bench((endpoint) =>
      endpoint.startsWith('v4') ? textReply(400, 'bad version') : undefined,
    );
    expect(await bench.remote.timestamp(context)).toBe(5000);
    expect(bench.asked()).toEqual(['v4/gettimestamp', 'v3/gettimestamp']);
  });

  test('never removes without a limit where there should be one', async () => {
    const bench = new Bench(only('v2', 'v1', 'v0'));
    bench.memory.contents.set(key, content);
    const answer = await bench.remote.remove(key, { before: 1e9 }, context);
    expect(answer).toMatchObject({ removed: false, reason: expect.stringContaining('too old') as string });
    expect(bench.memory.contents.has(key)).toBe(true);
    expect(bench.asked().some((asked) => asked.endsWith('/remove'))).toBe(false);
    expect(await codeOf(bench.remote.timestamp(context))).toBe('peer');
    bench.memory.contents.clear();
    expect(await bench.remote.remove(key, { before: 1 }, context)).toMatchObject({ removed: true });
  });

  test('version 0 stores from the beginning, and looks for what is there', async () => {
    const bench = new Bench(only('v0'));
    const upload = uploadOf(await bench.remote.store(key, {}, context));
    await sendAll(upload, content);
    expect(await upload.finish('valid')).toEqual({ stored: true, plusUUIDs: [] });
    expect(await bench.remote.store(key, {}, context)).toMatchObject({ type: 'already-have' });
    const present = new Bench(only('v3', 'v2', 'v1', 'v0'));
    expect(await uploadOf(await present.remote.store(key, {}, context)).dataPresent()).toMatchObject({
      stored: false,
    });
    expect(present.asked()).not.toContain('v3/put');
  });
});

test('parameters are encoded as git-annex does', async () => {
  const bench = new Bench();
  const odd = formatKey({ variety: 'WORM', sizeBytes: undefined, name: 'a b/\u00ff[x]' });
  const asking: Context = {
    ...contextOf(undefined, ['g1' as UUID, '[g]' as UUID]),
    associatedFile: 'd/ä?.txt',
  };
  await bench.remote.retrieve(odd, { offset: 5 }, asking);
  expect(bench.transport.asked[0]).toBe(
    `GET /git-annex/${bench.memory.uuid}/v4/key/%5BV09STS0tYSBiL_9beF0%3D%5D?clientuuid=${context.clientUUID}` +
      '&bypass=g1&bypass=%5BW2dd%5D&associatedfile=%5BZC_kPy50eHQ%3D%5D&offset=5',
  );
  await bench.remote.remove(key, { before: 7 }, context);
  expect(bench.transport.asked.at(-1)).toBe(
    `POST /git-annex/${bench.memory.uuid}/v4/remove-before?key=${key}&clientuuid=${context.clientUUID}&timestamp=7`,
  );
});

describe('downloads', () => {
  const sending =
    (bytes: Uint8Array, announced: number = bytes.length): Before =>
    (endpoint) =>
      endpoint === 'v4/key'
        ? {
            status: 200,
            headers: ['X-git-annex-data-length', `${announced}`],
            body: {
              lengthBytes: undefined,
              chunks: (async function* () {
                yield await Promise.resolve(bytes);
              })(),
            },
          }
        : undefined;

  test('nothing at all is absence only where the server says so when it is asked', async () => {
    const bench = new Bench(sending(new Uint8Array(0)));
    expect(await bench.remote.retrieve(key, { offset: 0 }, context)).toBeUndefined();
    bench.memory.contents.set(key, content);
    expect(await codeOf(bench.remote.retrieve(key, { offset: 0 }, context))).toBe('remote');
    const rest = await bench.remote.retrieve(key, { offset: content.length }, context);
    expect(rest?.lengthBytes).toBe(0);
    bench.before = (endpoint) =>
      endpoint === 'v4/checkpresent'
        ? emptyReply(500)
        : sending(new Uint8Array(0))(endpoint, undefined as never);
    expect(await codeOf(bench.remote.retrieve(key, { offset: 0 }, context))).toBe('remote');
  });

  test.each([
    ['a byte short', content.subarray(1)],
    ['half', content.subarray(7)],
    ['a byte too long', new Uint8Array(content.length + 1)],
  ])('a body that is %s is not valid', async (_, bytes) => {
    const bench = new Bench(sending(bytes, content.length));
    const download = await bench.remote.retrieve(key, { offset: 0 }, context);
    expect(await codeOf(collect(download!.chunks))).toBe('verification');
  });

  test('another length than the key has is refused before a byte', async () => {
    const bench = new Bench(sending(new Uint8Array(3)));
    expect(await codeOf(bench.remote.retrieve(key, { offset: 0 }, context))).toBe('remote');
  });

  test('a server that has it, and answers 404, is an error and not absence', async () => {
    const bench = new Bench((endpoint) => (endpoint === 'v4/key' ? emptyReply(404) : undefined));
    bench.memory.contents.set(key, content);
    expect(await codeOf(bench.remote.retrieve(key, { offset: 0 }, context))).toBe('peer');
  });
});

describe('uploads', () => {
  const answering =
    (name: string, reply: HttpReply): Before =>
    (endpoint) =>
      endpoint === `v4/${name}` ? reply : undefined;

  test.each([
    [403, 'access'],
    [401, 'access'],
    [503, 'busy'],
    [507, 'no-space'],
  ])('putoffset %i is a refusal', async (status, code) => {
    const bench = new Bench(answering('putoffset', textReply(status, 'why')));
    const answer = await bench.remote.store(key, {}, context);
    expect(answer).toMatchObject({ type: 'refused', code, reason: expect.stringContaining('why') as string });
  });

  test('alreadyhave is believed where it is so, or names others', async () => {
    const bench = new Bench(answering('putoffset', jsonReply({ alreadyhave: true, plusuuids: [] })));
    expect(await bench.remote.store(key, {}, context)).toMatchObject({
      type: 'refused',
      code: 'unavailable',
    });
    bench.memory.contents.set(key, content);
    expect(await bench.remote.store(key, {}, context)).toEqual({ type: 'already-have', plusUUIDs: [] });
    const own = bench.memory.uuid;
    const named = new Bench(
      answering('putoffset', jsonReply({ alreadyhave: true, plusuuids: ['other', own, '[b3RoZXI=]', 7] })),
    );
    expect(await named.remote.store(key, {}, context)).toEqual({
      type: 'already-have',
      plusUUIDs: ['other'],
    });
  });

  test('an offset that is none is an error, and the key is free again', async () => {
    const bench = new Bench(answering('putoffset', jsonReply({ offset: -1 })));
    expect(await codeOf(bench.remote.store(key, {}, context))).toBe('protocol');
    bench.before = () => undefined;
    expect((await bench.remote.store(key, {}, context)).type).toBe('upload');
    expect(await bench.remote.store(key, {}, context)).toMatchObject({ type: 'refused', code: 'busy' });
  });

  test('what the digest does not know is never sent whole', async () => {
    const bench = new Bench();
    const digest = { update: () => undefined, matches: () => false };
    const upload = uploadOf(await bench.remote.store(key, { digest }, context));
    await sendAll(upload, content);
    expect(await upload.finish('valid')).toMatchObject({ stored: false });
    expect(bench.memory.partials.get(key)?.length).toBe(content.length - 1);
  });

  test('content that changed is sent whole where the digest knows it', async () => {
    const bench = new Bench();
    const digest = { update: () => undefined, matches: () => true };
    const upload = uploadOf(await bench.remote.store(key, { digest }, context));
    await sendAll(upload, content);
    expect(await upload.finish('invalid')).toMatchObject({ stored: true });
  });

  test('empty content that changed is not stored', async () => {
    const bench = new Bench();
    const empty = formatKey({ variety: 'WORM', sizeBytes: 0, name: 'empty' });
    const upload = uploadOf(await bench.remote.store(empty, {}, context));
    upload.announce(0);
    expect(await upload.finish('invalid')).toMatchObject({ stored: false });
    expect(bench.memory.contents.has(empty)).toBe(false);
  });

  test('an answer in the midst of the body ends the sending', async () => {
    const bench = new Bench(answering('put', textReply(507, 'no room')));
    const upload = uploadOf(await bench.remote.store(key, {}, context));
    expect(await codeOf(sendAll(upload, content, 3))).toBe('remote');
    expect(await codeOf(upload.finish('valid'))).toBe('invariant');
    bench.before = answering('put', jsonReply({ stored: true, plusuuids: ['n2', bench.memory.uuid] }));
    const second = uploadOf(await bench.remote.store(key, {}, context));
    await sendAll(second, content, 3);
    expect(await second.finish('valid')).toEqual({ stored: true, plusUUIDs: ['n2'] });
  });

  test('nothing is sent for an upload that is aborted before it sent anything', async () => {
    const bench = new Bench();
    await uploadOf(await bench.remote.store(key, {}, context)).abort();
    expect(bench.asked()).toEqual(['v4/putoffset']);
  });

  test('a server that takes nothing is cut off when the upload is aborted', async () => {
    const bench = new Bench();
    const upload = uploadOf(await bench.remote.store(key, {}, context));
    bench.transport.request = ({ signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      });
    upload.announce(content.length);
    const sending = codeOf(upload.send(content));
    const aborting = upload.abort();
    await bench.clock.advance(5000);
    await aborting;
    expect(await sending).toBe('invariant');
  });
});

describe('removal', () => {
  test('500 is a no where the content is seen to be there, and otherwise an error', async () => {
    const bench = new Bench((endpoint) =>
      endpoint.startsWith('v4/remove') ? textReply(500, 'Something went wrong') : undefined,
    );
    expect(await codeOf(bench.remote.remove(key, {}, context))).toBe('remote');
    bench.memory.contents.set(key, content);
    expect(await bench.remote.remove(key, { before: 1e9 }, context)).toMatchObject({ removed: false });
  });

  test('names the further repositories, removed or not', async () => {
    const bench = new Bench(() => jsonReply({ removed: false, plusuuids: ['n1'], reason: 'one is away' }));
    expect(await bench.remote.remove(key, {}, context)).toEqual({
      removed: false,
      reason: 'one is away',
      plusUUIDs: ['n1'],
    });
  });
});

describe('answers that make no sense', () => {
  test.each([
    ['a page', textReply(200, '<html>')],
    ['an array', { status: 200, headers: [], body: '[]' }],
    ['another type', jsonReply({ present: 'true' })],
    ['nothing', emptyReply(200)],
    ['a redirection', emptyReply(302)],
    ['much', { status: 200, headers: [], body: ' '.repeat(2_000_000) }],
  ])('%s is an error, never false', async (_, reply) => {
    expect(await codeOf(new Bench(() => reply).remote.checkPresent(key, context))).toBe('protocol');
  });
});

describe('locks', () => {
  async function locked(bench: Bench): Promise<ContentLock> {
    bench.memory.contents.set(key, content);
    const lock = await bench.remote.lockContent(key, context);
    if (!lock.locked) throw new Error(lock.reason);
    return lock;
  }

  test('hold as long as they are extended, without a connection, and leave nothing behind', async () => {
    const bench = new Bench();
    const lock = await locked(bench);
    for (let count = 0; count < 10; count++) {
      await bench.clock.advance(500_000);
      await Promise.all([lock.extend(), lock.extend()]);
      expect(bench.locks.size).toBe(1);
      expect((await bench.remote.remove(key, {}, context)).removed).toBe(false);
    }
    await lock.release();
    expect(bench.locks.size).toBe(0);
  });

  test('that ran out cannot be extended, and nothing new is kept', async () => {
    const bench = new Bench();
    const lock = await locked(bench);
    await bench.clock.advance(600_000);
    expect(await codeOf(lock.extend())).toBe('remote');
    expect(bench.locks.size).toBe(0);
    await lock.release();
    expect(bench.asked().filter((asked) => asked.endsWith('keeplocked')).length).toBe(1);
  });

  test('that cannot be extended hold as long as before', async () => {
    const bench = new Bench();
    const lock = await locked(bench);
    const { untilMs } = lock;
    bench.before = () => emptyReply(503);
    await bench.clock.advance(1000);
    expect(await codeOf(lock.extend())).toBe('busy');
    expect(lock.untilMs).toBe(untilMs);
    expect(await codeOf(lock.release())).toBe('busy');
  });
});

describe('credentials', () => {
  const password = 'p:\u00ff?>';
  const access = userAccess({
    unauthenticated: undefined,
    passwords: 'always',
    users: new Map([['me', { password, mode: 'readwrite' as const }]]),
  });

  function source(...answers: (Credentials | undefined)[]): CredentialSource & { readonly log: string[] } {
    const log: string[] = [];
    return {
      log,
      fill: () => {
        log.push('fill');
        return Promise.resolve(answers.shift());
      },
      approve: (given) => Promise.resolve(void log.push(`approve ${given.user}`)),
      reject: (given) => Promise.resolve(void log.push(`reject ${given.user}`)),
    };
  }

  test('are asked for once, and sent right away from then on', async () => {
    const credentials = source({ user: 'me', password });
    const bench = new Bench(undefined, { access, credentials });
    const asking = [1, 2, 3].map(() => bench.remote.checkPresent(key, context));
    expect(await Promise.all(asking)).toEqual([false, false, false]);
    expect(credentials.log).toEqual(['fill', 'approve me']);
    bench.asked();
    const upload = uploadOf(await bench.remote.store(key, {}, context));
    await sendAll(upload, content);
    expect((await upload.finish('valid')).stored).toBe(true);
    expect(bench.asked()).toEqual(['v4/putoffset', 'v4/put']);
  });

  test('that are wrong are given back, and not asked for again at once', async () => {
    const credentials = source({ user: 'me', password: 'no' }, { user: 'me', password });
    const bench = new Bench(undefined, { access, credentials });
    expect(await codeOf(bench.remote.checkPresent(key, context))).toBe('access');
    expect(await codeOf(bench.remote.checkPresent(key, context))).toBe('access');
    expect(credentials.log).toEqual(['fill', 'reject me']);
    await bench.clock.advance(30_000);
    expect(await bench.remote.checkPresent(key, context)).toBe(false);
  });

  test('of the URL are sent right away', async () => {
    const bench = new Bench(undefined, { access, url: 'annex+http://me:p%3A%FF%3F%3E@h/' });
    expect(await bench.remote.checkPresent(key, context)).toBe(false);
    expect(bench.transport.asked.length).toBe(1);
    const nobody = new Bench(undefined, { access });
    expect(await codeOf(nobody.remote.checkPresent(key, context))).toBe('access');
  });
});

import { describe, expect, test } from 'vitest';
import { annexPath, keyOf, serverUUID } from '../../../test/support/annex-server.ts';
import { askHandler, type FakeRequest } from '../../../test/support/fake-request.ts';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { systemRng } from '../../node/clock.ts';
import { digestFactory } from '../../node/hash/digest.ts';
import { MemoryRemote } from '../../remote/memory-remote.ts';
import type { Context, Remote } from '../../remote/remote.ts';
import { AnnexError } from '../../types/annex-error.ts';
import { parseUUID } from '../../types/uuid.ts';
import { closed, wideOpen, type AccessPolicy } from './access.ts';
import { annexHttp } from './annex-http.ts';
import { failureReply } from './failure.ts';
import { LockTable } from './lock-table.ts';
import type { HttpHandler } from './message.ts';

const key = keyOf('abc');

interface Handler {
  readonly remote: MemoryRemote;
  readonly locks: LockTable;
  readonly handle: HttpHandler;
  /** The names that were asked for. */
  readonly resolved: readonly (string | undefined)[];
  readonly ask: (request: FakeRequest) => ReturnType<typeof askHandler>;
}

function handler(
  over: Partial<Remote> = {},
  more: { readonly access?: AccessPolicy; readonly withNames?: boolean; readonly maxLocks?: number } = {},
): Handler {
  const clock = new ManualClock();
  const remote = new MemoryRemote({ uuid: serverUUID, clock, makeDigest: digestFactory });
  const bound: Remote = {
    uuid: remote.uuid,
    traits: remote.traits,
    checkPresent: over.checkPresent ?? remote.checkPresent.bind(remote),
    lockContent: over.lockContent ?? remote.lockContent.bind(remote),
    retrieve: over.retrieve ?? remote.retrieve.bind(remote),
    store: over.store ?? remote.store.bind(remote),
    remove: over.remove ?? remote.remove.bind(remote),
    timestamp: over.timestamp ?? remote.timestamp.bind(remote),
  };
  const locks = new LockTable({ clock, rng: systemRng, ...(more.maxLocks && { maxLocks: more.maxLocks }) });
  const resolved: (string | undefined)[] = [];
  const handle = annexHttp({
    resolve: (uuid, name) => {
      resolved.push(name);
      const served = { remote: bound, access: more.access ?? wideOpen };
      return Promise.resolve(uuid === serverUUID ? served : undefined);
    },
    locks,
    withNames: more.withNames === true,
  });
  return { remote, locks, handle, resolved, ask: (request) => askHandler(handle, request) };
}

describe('what the Remote is asked', () => {
  test('the context has all that the request says', async () => {
    const contexts: Context[] = [];
    const { ask } = handler({
      store: (_key, _options, context) => {
        contexts.push(context);
        return Promise.resolve({ type: 'already-have', plusUUIDs: [parseUUID('n1')!, parseUUID('n\xff')!] });
      },
    });
    const path = `${annexPath('put', `key=${key}`)}&bypass=g1&bypass=g2&associatedfile=a%20%c3%a4`;
    const reply = await ask({ path, headers: { 'x-git-annex-data-length': '3' } });
    expect(reply.json).toEqual({ stored: true, plusuuids: ['n1', '[bv8=]'] });
    expect(contexts[0]).toMatchObject({
      clientUUID: 'c',
      bypass: ['g1', 'g2'],
      associatedFile: 'a \xc3\xa4',
    });
  });

  test('put tells from where its client sends, so that a cluster leaves out nodes that lack what is before', async () => {
    const froms: unknown[] = [];
    const { ask } = handler({
      store: (_key, options) => {
        froms.push(options.from);
        return Promise.resolve({ type: 'already-have', plusUUIDs: [] });
      },
    });
    const headers = { 'x-git-annex-data-length': '1' };
    await ask({ path: annexPath('put', `key=${key}&offset=2`), headers });
    await ask({ path: annexPath('put', `key=${key}&offset=2&data-present=true`), headers });
    expect(froms).toEqual([2, 0]);
  });

  test('http-put-offset-ahead: a put that goes on from where nothing is, is not stored', async () => {
    const { ask } = handler({
      store: () => Promise.resolve({ type: 'refused', code: 'behind', reason: 'why' }),
    });
    const headers = { 'x-git-annex-data-length': '1' };
    const reply = await ask({ path: annexPath('put', `key=${key}&offset=2`), headers });
    expect(reply).toMatchObject({ status: 200, json: { stored: false, reason: 'why', plusuuids: [] } });
  });

  test('http-raw-bytes: percent-encoded bytes stand for themselves', async () => {
    const asked: string[] = [];
    const { ask } = handler({ checkPresent: (which) => Promise.resolve(asked.push(which) > 0) });
    await ask({ path: annexPath('checkpresent', 'key=WORM--%ff%2f') });
    await ask({ path: annexPath('checkpresent', 'key=[V09STS0t_y8=]') });
    expect(asked).toEqual(['WORM--\xff/', 'WORM--\xff/']);
  });

  test.each([
    ['http-uuid-characters', `/git-annex/${serverUUID}/v4/checkpresent?key=${key}&clientuuid=a%20b`],
    ['http-uuid-characters', `/git-annex/a%2Fb/v4/checkpresent?key=${key}&clientuuid=c`],
    ['http-key-limits', annexPath('checkpresent', 'key=WORM--a%0ab')],
    ['http-key-limits', annexPath('checkpresent', `key=WORM-s9007199254740992--a`)],
  ])('%s: %s is 400', async (_, path) => {
    expect(await handler().ask({ path })).toMatchObject({
      status: 400,
      body: expect.stringMatching(/parse error$/) as string,
    });
  });

  test('below a repository’s name, where there are names', async () => {
    const path = annexPath('checkpresent', `key=${key}`);
    const { ask, resolved } = handler({}, { withNames: true });
    expect(await ask({ path: `/lab/mice${path}` })).toMatchObject({ status: 200 });
    expect(await ask({ path })).toMatchObject({ status: 200 });
    expect(resolved).toEqual(['lab/mice', undefined]);
    await expect(askHandler(handler().handle, { path: `/lab/mice${path}` })).rejects.toThrow('nobody takes');
  });
});

describe('failures', () => {
  test.each([
    ['peer', 502],
    ['protocol', 502],
    ['framing', 502],
    ['busy', 503],
    ['access', 403],
    ['remote', 500],
    ['verification', 500],
    ['config', 500],
    ['invariant', 500],
  ] as const)('an error of the Remote, %s, is %i', async (code, status) => {
    const { ask } = handler({ checkPresent: () => Promise.reject(new AnnexError(code, 'why')) });
    const caught = await ask({ path: annexPath('checkpresent', `key=${key}`) }).catch(
      (error: unknown) => error,
    );
    expect(failureReply(caught)).toMatchObject({ status, body: 'why' });
  });

  test.each([
    ['busy', 503],
    ['no-space', 507],
    ['access', 403],
    ['unavailable', 502],
  ] as const)('http-put-offset-failed: %s is %i, for put and putoffset', async (code, status) => {
    const { ask } = handler({ store: () => Promise.resolve({ type: 'refused', code, reason: 'why' }) });
    for (const endpoint of ['put', 'putoffset']) {
      const reply = await ask({
        path: annexPath(endpoint, `key=${key}`),
        headers: { 'x-git-annex-data-length': '3' },
      });
      expect(reply).toMatchObject({ status, body: 'why' });
      expect(reply.headers.includes('Retry-After')).toBe(status === 503);
    }
  });

  test('http-reasons: a negative answer says why', async () => {
    const { ask, remote } = handler();
    remote.contents.set(key, Buffer.from('abc'));
    await ask({ path: annexPath('lockcontent', `key=${key}`) });
    expect((await ask({ path: annexPath('remove', `key=${key}`) })).json).toEqual({
      plusuuids: [],
      removed: false,
      reason: `${key} is locked`,
    });
    expect((await ask({ path: annexPath('lockcontent', `key=${keyOf('x')}`) })).json).toMatchObject({
      locked: false,
      reason: expect.stringContaining('not present') as string,
    });
  });
});

describe('access', () => {
  const authorization = (text: string): Record<string, string> => ({ authorization: text });

  test('nothing allowed: 401 with the challenge, but only after all that is wrong otherwise', async () => {
    const { ask } = handler({}, { access: closed });
    expect(await ask({ path: annexPath('checkpresent', `key=${key}`) })).toMatchObject({
      status: 401,
      headers: ['WWW-Authenticate', 'Basic realm="git-annex", charset="UTF-8"'],
    });
    expect(await ask({ path: annexPath('checkpresent', 'key=bad') })).toMatchObject({ status: 400 });
    expect(await ask({ path: `/git-annex/x/v4/checkpresent?key=${key}&clientuuid=c` })).toMatchObject({
      status: 404,
    });
    expect(await ask({ path: `/git-annex/${serverUUID}/v9/checkpresent` })).toMatchObject({ status: 404 });
  });

  test('a policy is told who asks for what', async () => {
    const asked: unknown[] = [];
    const access: AccessPolicy = {
      authorize: (asker, action) => {
        asked.push([asker.credentials, action]);
        return { user: undefined, mode: 'readwrite' };
      },
    };
    const { ask } = handler({}, { access });
    const headers = { 'x-git-annex-data-length': '3', ...authorization('Basic dTpwOnE=') };
    const endpoints = [
      'checkpresent',
      'gettimestamp',
      'put',
      'putoffset',
      'remove',
      'remove-before',
      'lockcontent',
      'keeplocked',
    ];
    for (const endpoint of endpoints) {
      await ask({ path: annexPath(endpoint, `key=${key}&lockid=x&timestamp=1`), headers });
    }
    await ask({ method: 'HEAD', path: `/git-annex/${serverUUID}/key/${key}` });
    await ask({ method: 'GET', path: annexPath(`key/${key}`, ''), headers: authorization('bASIC dXVw') });
    const user = { user: 'u', password: 'p:q' };
    expect(asked).toEqual([
      [user, 'read'],
      [user, 'read'],
      [user, 'write'],
      [user, 'write'],
      [user, 'remove'],
      [user, 'remove'],
      [user, 'lock'],
      [user, 'lock'],
      [undefined, 'read'],
      [{ user: 'uup', password: '' }, 'read'],
    ]);
  });
});

describe('locks', () => {
  test('http-locked-files: one lock too many is refused', async () => {
    const { ask, remote, locks } = handler({}, { maxLocks: 2 });
    remote.contents.set(key, Buffer.from('abc'));
    const answers: unknown[] = [];
    for (let count = 0; count < 3; count++) {
      answers.push((await ask({ path: annexPath('lockcontent', `key=${key}`) })).json);
    }
    expect(answers).toMatchObject([{ locked: true }, { locked: true }, { locked: false }]);
    expect(locks.size).toBe(2);
  });

  test.each([
    ['{"unlock":true}\n', true],
    ['{"unlock":true}', true],
    ['\n \n{ "unlock": false, "more": [1] }\n{"unlock":false}\r\n{"unlock":true}\n{"unlock":false}\n', true],
    ['{"unlock":false}\n{"unlock":false}', false],
    ['', false],
    ['garbage\n{"unlock":true}\n', false],
    ['{"unlock":1}\n{"unlock":true}\n', false],
    ['null\n{"unlock":true}\n', false],
    ['{"unlock":true', false],
    [`${' '.repeat(5_000)}{"unlock":true}\n`, false],
  ])('keeplocked %j releases: %s, however it is cut', async (body, releases) => {
    for (const size of [1, 2, 16, body.length || 1]) {
      const { ask, remote, locks } = handler();
      remote.contents.set(key, Buffer.from('abc'));
      const { json } = await ask({ path: annexPath('lockcontent', `key=${key}`) });
      const { lockid } = json as { lockid: string };
      const chunks = Array.from({ length: Math.ceil(body.length / size) }, (_, at) =>
        body.slice(at * size, (at + 1) * size),
      );
      const reply = await ask({ path: annexPath('keeplocked', `lockid=${lockid}`), body: chunks });
      expect(reply.json).toEqual({ locked: false });
      expect(locks.size).toBe(releases ? 0 : 1);
    }
  });

  test('a lock whose client is gone before it heard of it is let go', async () => {
    const gone = new AbortController();
    const { ask, remote, locks } = handler({
      lockContent: async (which, context) => {
        const lock = await remote.lockContent(which, context);
        gone.abort();
        return lock;
      },
    });
    remote.contents.set(key, Buffer.from('abc'));
    await ask({ path: annexPath('lockcontent', `key=${key}`), signal: gone.signal });
    expect(locks.size).toBe(0);
    expect((await ask({ path: annexPath('remove', `key=${key}`) })).json).toMatchObject({ removed: true });
  });
});

// What servers may answer, and what the client makes of it: versions, parameters, removal, nonsense, credentials.
import { describe, expect, test } from 'vitest';
import {
  codeOf,
  content,
  context,
  HttpClientBench,
  key,
  type Before,
} from '../../../../test/support/http-client-bench.ts';
import { contextOf } from '../../../../test/support/gateway-bench.ts';
import { sendAll, uploadOf } from '../../../remote/conformance/check.ts';
import type { Context } from '../../../remote/remote.ts';
import { formatKey } from '../../../types/key.ts';
import type { UUID } from '../../../types/uuid.ts';
import type { Credentials } from '../access.ts';
import { emptyReply, jsonReply, textReply } from '../message.ts';
import { userAccess } from '../user-access.ts';
import type { CredentialSource } from './credential-source.ts';

describe('versions', () => {
  const only =
    (...versions: readonly string[]): Before =>
    (endpoint) =>
      versions.includes(endpoint.slice(0, 2)) ? undefined : emptyReply(404);

  test('a lower version is found, remembered, and looked for again after a while', async () => {
    const bench = new HttpClientBench(only('v2', 'v1', 'v0'));
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
    const bench = new HttpClientBench(() => emptyReply(404));
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
    const bench = new HttpClientBench((endpoint) =>
      endpoint.startsWith('v4') ? textReply(400, 'bad version') : undefined,
    );
    expect(await bench.remote.timestamp(context)).toBe(5000);
    expect(bench.asked()).toEqual(['v4/gettimestamp', 'v3/gettimestamp']);
  });

  test('never removes without a limit where there should be one', async () => {
    const bench = new HttpClientBench(only('v2', 'v1', 'v0'));
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
    const bench = new HttpClientBench(only('v0'));
    const upload = uploadOf(await bench.remote.store(key, {}, context));
    await sendAll(upload, content);
    expect(await upload.finish('valid')).toEqual({ stored: true, plusUUIDs: [] });
    expect(await bench.remote.store(key, {}, context)).toMatchObject({ type: 'already-have' });
    const present = new HttpClientBench(only('v3', 'v2', 'v1', 'v0'));
    expect(await uploadOf(await present.remote.store(key, {}, context)).dataPresent()).toMatchObject({
      stored: false,
    });
    expect(present.asked()).not.toContain('v3/put');
  });
});

test('parameters are encoded as git-annex does', async () => {
  const bench = new HttpClientBench();
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

describe('removal', () => {
  test('500 is a no where the content is seen to be there, and otherwise an error', async () => {
    const bench = new HttpClientBench((endpoint) =>
      endpoint.startsWith('v4/remove') ? textReply(500, 'Something went wrong') : undefined,
    );
    expect(await codeOf(bench.remote.remove(key, {}, context))).toBe('remote');
    bench.memory.contents.set(key, content);
    expect(await bench.remote.remove(key, { before: 1e9 }, context)).toMatchObject({ removed: false });
  });

  test('names the further repositories, removed or not', async () => {
    const bench = new HttpClientBench(() =>
      jsonReply({ removed: false, plusuuids: ['n1'], reason: 'one is away' }),
    );
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
    expect(await codeOf(new HttpClientBench(() => reply).remote.checkPresent(key, context))).toBe('protocol');
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
    const bench = new HttpClientBench(undefined, { access, credentials });
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
    const bench = new HttpClientBench(undefined, { access, credentials });
    expect(await codeOf(bench.remote.checkPresent(key, context))).toBe('access');
    expect(await codeOf(bench.remote.checkPresent(key, context))).toBe('access');
    expect(credentials.log).toEqual(['fill', 'reject me']);
    await bench.clock.advance(30_000);
    expect(await bench.remote.checkPresent(key, context)).toBe(false);
  });

  test('of the URL are sent right away', async () => {
    const bench = new HttpClientBench(undefined, { access, url: 'annex+http://me:p%3A%FF%3F%3E@h/' });
    expect(await bench.remote.checkPresent(key, context)).toBe(false);
    expect(bench.transport.asked.length).toBe(1);
    const nobody = new HttpClientBench(undefined, { access });
    expect(await codeOf(nobody.remote.checkPresent(key, context))).toBe('access');
  });
});

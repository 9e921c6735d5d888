import { expect, test } from 'vitest';
import { fakeRequest } from '../../../test/support/fake-request.ts';
import { MemoryRemote } from '../../remote/memory-remote.ts';
import { makeDigest } from '../../../test/support/gateway-bench.ts';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import type { Key } from '../../types/key.ts';
import type { UUID } from '../../types/uuid.ts';
import { wideOpen } from './access.ts';
import { annexHttp } from './annex-http.ts';
import { LockTable } from './lock-table.ts';

const uuid = '00000000-0000-4000-8000-000000000001' as UUID;
const key = 'WORM-s3--a' as Key;
const example = 'https://example.org';

interface Asked {
  readonly origin?: string;
  readonly origins?: readonly string[];
  readonly method?: string;
  readonly endpoint?: string;
}

async function ask({
  origin,
  origins,
  method = 'POST',
  endpoint = 'remove',
}: Asked): Promise<[unknown, boolean]> {
  const clock = new ManualClock();
  const remote = new MemoryRemote({ uuid, clock, makeDigest });
  remote.contents.set(key, new Uint8Array(3));
  const handler = annexHttp({
    resolve: () => Promise.resolve({ remote, access: wideOpen }),
    locks: new LockTable({ clock, rng: { bytes: (count) => new Uint8Array(count) } }),
    origins,
  });
  const headers = { host: 'Annex.example:9417', ...(origin === undefined ? {} : { origin }) };
  const path = `/git-annex/${uuid}/v4/${endpoint}`;
  const reply = await handler(fakeRequest({ method, path: `${path}?key=${key}&clientuuid=c`, headers }));
  return [reply?.status, remote.contents.has(key)];
}

test.each<[what: string, asked: Asked, isAnswered: boolean]>([
  ['no browser', {}, true],
  ['a page of the server', { origin: 'http://annex.example:9417' }, true],
  ['a page of a named origin', { origin: example, origins: [example] }, true],
  ['any page, where any may', { origin: example, origins: ['*'] }, true],
  ['a page of another origin', { origin: example }, false],
  ['a page of another port', { origin: 'http://annex.example' }, false],
  ['a page of none of those named', { origin: example, origins: ['https://example.com'] }, false],
  ['a page that hides where it is from', { origin: 'null' }, false],
])('content is removed for %s: %#', async (_, asked, isAnswered) => {
  expect(await ask(asked)).toEqual(isAnswered ? [200, false] : [403, true]);
});

test('a page of another origin may be told what changes nothing', async () => {
  expect(await ask({ origin: example, method: 'GET', endpoint: 'checkpresent' })).toEqual([200, true]);
});

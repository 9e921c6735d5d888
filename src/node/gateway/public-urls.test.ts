import { expect, test } from 'vitest';
import { parseClusterLog } from '../../logs/cluster-log.ts';
import type { Event } from '../../types/event.ts';
import { parseKey } from '../../types/key.ts';
import { parseUUID, type UUID } from '../../types/uuid.ts';
import type { ConfiguredRemote } from '../annex/configured-remotes.ts';
import type { BranchLocationLog } from '../branch/branch-location-log.ts';
import { GitConfig } from '../git/git-config.ts';
import { PublicURLs } from './public-urls.ts';

const [near, far, bucket] = ['near', 'far', 'bucket'].map((name) => parseUUID(name)!) as [UUID, UUID, UUID];
const cluster = parseUUID('acdd3f4e-a7b8-8a40-9b5a-000000000001')!;
const key = parseKey('URL--http://a/b?c d')!;

interface Setting {
  readonly name: string;
  readonly uuid: UUID;
  readonly cost: number;
  readonly url?: string;
}

function urls(settings: readonly Setting[], logged: readonly UUID[]): { found: PublicURLs; events: Event[] } {
  const events: Event[] = [];
  const entries = settings.flatMap(({ name, url }) =>
    url === undefined ? [] : [{ key: `remote.${name}.annexus-public-url`, value: url }],
  );
  const found = new PublicURLs({
    config: new GitConfig(entries),
    remotes: settings.map(({ name, uuid, cost }) => ({ name, uuid, cost }) as ConfiguredRemote),
    locations: {
      locations: () => Promise.resolve(logged),
      clusters: () => Promise.resolve(parseClusterLog(`1s ${cluster} far`)),
    } as unknown as BranchLocationLog,
    events: (event) => events.push(event),
  });
  return { found, events };
}

const all: readonly Setting[] = [
  { name: 'bucket', uuid: bucket, cost: 200, url: 'https://b.example/{key}' },
  {
    name: 'far',
    uuid: far,
    cost: 150,
    url: 'https://f.example/{uuid}/{hashdirlower}{hashdirmixed}{keyfile}',
  },
  { name: 'near', uuid: near, cost: 100 },
];

test('the cheapest that is logged to have it', async () => {
  expect(await urls(all, [near, far, bucket]).found.find(key, undefined)).toMatch(
    /^https:\/\/f\.example\/far\/[0-9a-f]{3}\/[0-9a-f]{3}\/[A-Za-z0-9]{2}\/[A-Za-z0-9]{2}\/URL--http%26c%25%25a%25b%3Fc%20d$/,
  );
  expect(await urls(all, [near, bucket]).found.find(key, undefined)).toBe(
    'https://b.example/URL--http%3A%2F%2Fa%2Fb%3Fc%20d',
  );
  expect(await urls(all, [near]).found.find(key, undefined)).toBeUndefined();
});

test('only of the repository that is asked for, or of the nodes of a cluster', async () => {
  const { found } = urls(all, [near, far, bucket]);
  expect(await found.find(key, bucket)).toMatch(/^https:\/\/b\./);
  expect(await found.find(key, cluster)).toMatch(/^https:\/\/f\./);
  expect(await found.find(key, near)).toBeUndefined();
  expect(await urls(all, [bucket]).found.find(key, cluster)).toBeUndefined();
});

test.each([
  'ftp://x/{key}',
  'https://x/',
  'https://x/{uuid}',
  'https://x/{key}/{constructor}',
  '/x/{key}',
  'https://x/{key} y',
])('%s is not used, and said so', async (url) => {
  const { found, events } = urls([{ name: 'bucket', uuid: bucket, cost: 1, url }], [bucket]);
  expect(await found.find(key, undefined)).toBeUndefined();
  expect(events).toMatchObject([
    { type: 'warning', message: expect.stringContaining('remote.bucket.annexus-public-url') as string },
  ]);
});

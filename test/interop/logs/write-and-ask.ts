// Logs written here alone, from nothing, and what real git-annex then says.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { keyLogPath, locationLogPath } from '../../../src/logs/branch-path.ts';
import { changeClusterLog } from '../../../src/logs/cluster-log.ts';
import { changeConfigLog } from '../../../src/logs/config-log.ts';
import { changeCopiesLog } from '../../../src/logs/copies-log.ts';
import { changeGroupLog } from '../../../src/logs/group-log.ts';
import { changeGroupPreferredContentLog } from '../../../src/logs/group-preferred-content-log.ts';
import { changeLocationLog } from '../../../src/logs/location-log.ts';
import { changeMaxSizeLog } from '../../../src/logs/max-size-log.ts';
import { changeMetaDataLog } from '../../../src/logs/metadata-log.ts';
import { changePreferredContentLog } from '../../../src/logs/preferred-content-log.ts';
import { changeRemoteLog } from '../../../src/logs/remote-log.ts';
import { changeScheduleLog } from '../../../src/logs/schedule-log.ts';
import { changeTrustLog } from '../../../src/logs/trust-log.ts';
import { changeUUIDLog } from '../../../src/logs/uuid-log.ts';
import { changeWebLog } from '../../../src/logs/web-log.ts';
import type { ClusterUUID } from '../../../src/types/cluster-uuid.ts';
import { webUUID, type UUID } from '../../../src/types/uuid.ts';
import { textToByteString, type ByteString } from '../../../src/util/byte-string.ts';
import { nowSeconds, uuid, type BranchRepository } from './branch-repository.ts';
import { key } from './change-cases.ts';

const node = uuid('11111111-1111-4111-8111-111111111111');
const dead = uuid('22222222-2222-4222-8222-222222222222');
const store = uuid('33333333-3333-4333-8333-333333333333');
const cluster = 'ac345678-1234-8abc-8111-111111111111' as ClusterUUID;

export async function writeAndAsk(repository: BranchRepository, me: UUID): Promise<void> {
  await repository.write(await logs(repository, me));

  const info = JSON.parse(await repository.annex('info', '--fast', '--json')) as Record<string, Described[]>;
  const described = (list: string): string[] => (info[list] ?? []).map((one) => one.description).sort();
  expect(described('trusted repositories')).toEqual(['ein Knoten ü']);
  expect(described('semitrusted repositories')).toContain('my & store');
  expect(JSON.stringify(info)).not.toContain(dead);

  expect(await repository.annex('group', 'here')).toBe('a b\n');
  expect(await repository.annex('numcopies')).toBe('3\n');
  expect(await repository.annex('mincopies')).toBe('2\n');
  expect(await repository.annex('wanted', 'here')).toBe('include=*.a and groupwanted\n');
  expect(await repository.annex('required', 'here')).toBe('include=*.b\n');
  expect(await repository.annex('groupwanted', 'b')).toBe('not copies=2\n');
  expect(await repository.annex('maxsize', 'here', '--bytes')).toBe('12345678901234567890\n');
  expect(await repository.annex('config', '--get', 'annex.largefiles')).toBe(' a  b \n');
  expect(await repository.annex('schedule', 'here')).toBe('fsck self 30m every day at any time\n');

  const whereis = JSON.parse(await repository.annex('whereis', '--json', '--key', key)) as Whereis;
  expect(whereis.whereis.map((one) => one.uuid).sort()).toEqual([webUUID, node, store, cluster].sort());
  expect(whereis.whereis.find((one) => one.uuid === webUUID)?.urls).toEqual(['http://example.com/a b']);
  const directory = join(repository.dir, '.git', 'store');
  await mkdir(directory);
  await repository.annex('enableremote', 'mystore', `directory=${directory}`);
  expect(await repository.git('config', 'remote.mystore.annex-uuid')).toBe(`${store}\n`);
  const metadata = JSON.parse(await repository.annex('metadata', '--json', '--key', key)) as {
    fields: object;
  };
  expect(metadata.fields).toMatchObject({ tag: ['!', 'a b'], year: ['2026'] });
}

interface Described {
  readonly description: string;
}

interface Whereis {
  readonly whereis: readonly { readonly uuid: string; readonly urls: readonly string[] }[];
}

async function logs(repository: BranchRepository, me: UUID): Promise<Map<ByteString, ByteString>> {
  const web = [{ url: 'http://example.com/a b', downloader: 'web' as const }];
  const activities = ['fsck self 30m every day at any time'];
  const config = new Map([
    ['name', 'mystore'],
    ['type', 'directory'],
    ['encryption', 'none'],
  ]);
  const described = changeUUIDLog(await repository.read('uuid.log'), {
    uuid: node,
    description: textToByteString('ein Knoten ü'),
    nowSeconds,
  });
  const tagged = changeMetaDataLog('', {
    set: new Map(Object.entries({ tag: ['a b', '!'], year: ['2025'] })),
    nowSeconds,
  });
  const retagged = changeMetaDataLog(tagged ?? '', {
    set: new Map([['year', ['2026']]]),
    unset: new Map([['Year', ['2025']]]),
    nowSeconds,
  });
  const trusted = changeTrustLog('', { uuid: node, trust: 'trusted', nowSeconds });
  const uuidLog = changeUUIDLog(described, { uuid: store, description: 'my & store', nowSeconds });
  return new Map([
    ['uuid.log', uuidLog],
    ['trust.log', changeTrustLog(trusted, { uuid: dead, trust: 'dead', nowSeconds })],
    ['group.log', changeGroupLog('', { uuid: me, groups: ['b', 'a'], nowSeconds })],
    ['numcopies.log', changeCopiesLog('', { copies: 3, nowSeconds })],
    ['mincopies.log', changeCopiesLog('', { copies: 2, nowSeconds })],
    ['preferred-content.log', preferred(me, 'include=*.a and groupwanted')],
    ['required-content.log', preferred(me, 'include=*.b')],
    [
      'group-preferred-content.log',
      changeGroupPreferredContentLog('', { group: 'b', expression: 'not copies=2', nowSeconds }),
    ],
    [
      'maxsize.log',
      changeMaxSizeLog('', { uuid: me, maxSizeBytes: 12_345_678_901_234_567_890n, nowSeconds }),
    ],
    ['config.log', changeConfigLog('', { name: 'annex.largefiles', value: ' a  b ', nowSeconds })],
    ['schedule.log', changeScheduleLog('', { uuid: me, activities, nowSeconds })],
    ['remote.log', changeRemoteLog('', { uuid: store, config, nowSeconds })],
    ['cluster.log', changeClusterLog('', { cluster, nodes: [node, dead], nowSeconds }) ?? ''],
    [
      locationLogPath(key),
      changeLocationLog('', { present: [node, dead, store, webUUID, cluster], missing: [me], nowSeconds }) ??
        '',
    ],
    [keyLogPath(key, { log: 'web' }), changeWebLog('', { present: web, nowSeconds }) ?? ''],
    [keyLogPath(key, { log: 'metadata' }), retagged ?? ''],
  ]);
}

function preferred(me: UUID, expression: ByteString): ByteString {
  return changePreferredContentLog('', { uuid: me, expression, nowSeconds });
}

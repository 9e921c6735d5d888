// What git-annex's own commands write into the branch, read here, beside what git-annex says about it.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { keyLogPath, locationLogPath, parseBranchPath } from '../../../src/logs/branch-path.ts';
import { parseActivityLog } from '../../../src/logs/activity-log.ts';
import { changeChunkLog, parseChunkLog } from '../../../src/logs/chunk-log.ts';
import { changeClusterLog, parseClusterLog } from '../../../src/logs/cluster-log.ts';
import { parseContentIdentifierLog } from '../../../src/logs/content-identifier-log.ts';
import { parseConfigLog } from '../../../src/logs/config-log.ts';
import { parseCopiesLog } from '../../../src/logs/copies-log.ts';
import { changeExportLog, parseExportLog } from '../../../src/logs/export-log.ts';
import { parseGroupLog } from '../../../src/logs/group-log.ts';
import { parseGroupPreferredContentLog } from '../../../src/logs/group-preferred-content-log.ts';
import { presentUUIDs } from '../../../src/logs/location-log.ts';
import { parseMaxSizeLog } from '../../../src/logs/max-size-log.ts';
import { parseMetaDataLog } from '../../../src/logs/metadata-log.ts';
import { parsePreferredContentLog } from '../../../src/logs/preferred-content-log.ts';
import { changeProxyLog, parseProxyLog } from '../../../src/logs/proxy-log.ts';
import { parseRemoteLog, specialRemotes } from '../../../src/logs/remote-log.ts';
import { parseScheduleLog } from '../../../src/logs/schedule-log.ts';
import { parseTrustLog } from '../../../src/logs/trust-log.ts';
import { parseUUIDLog } from '../../../src/logs/uuid-log.ts';
import { parseWebLog } from '../../../src/logs/web-log.ts';
import { parseClusterUUID, type ClusterUUID } from '../../../src/types/cluster-uuid.ts';
import { parseKey, type Key } from '../../../src/types/key.ts';
import type { UUID } from '../../../src/types/uuid.ts';
import { textToByteString } from '../../../src/util/byte-string.ts';
import { BranchRepository, nowSeconds, uuid } from './branch-repository.ts';

export async function compareDescriptions(repository: BranchRepository, me: UUID): Promise<void> {
  await repository.annex('describe', 'here', 'mein Gerät');
  await repository.annex('trust', 'here', '--force');
  await repository.annex('group', 'here', 'archive');
  await repository.annex('group', 'here', 'backup');
  await repository.annex('numcopies', '3');
  await repository.annex('mincopies', '2');
  await repository.annex('wanted', 'here', 'include=*.mp3 or standard');
  await repository.annex('required', 'here', 'include=*.ogg');
  await repository.annex('groupwanted', 'backup', 'anything');
  await repository.annex('maxsize', 'here', '1.5 TB');
  await repository.annex('config', '--set', 'annex.largefiles', 'anything  or largerthan=100kb');
  await repository.annex('schedule', 'here', 'fsck self 30m every day at any time');
  await repository.annex('fsck', '-q');

  const described = parseUUIDLog(await repository.read('uuid.log')).get(me);
  expect(described).toBe(textToByteString('mein Gerät'));
  expect(await repository.annex('info', '--fast')).toContain('mein Gerät');
  expect(parseTrustLog(await repository.read('trust.log')).get(me)).toBe('trusted');
  const groups = parseGroupLog(await repository.read('group.log')).get(me);
  expect(`${[...(groups ?? [])].join(' ')}\n`).toBe(await repository.annex('group', 'here'));
  const numCopies = parseCopiesLog(await repository.read('numcopies.log'));
  expect(`${numCopies}\n`).toBe(await repository.annex('numcopies'));
  expect(`${parseCopiesLog(await repository.read('mincopies.log'))}\n`).toBe(
    await repository.annex('mincopies'),
  );
  const wanted = parsePreferredContentLog(await repository.read('preferred-content.log')).get(me);
  expect(`${wanted}\n`).toBe(await repository.annex('wanted', 'here'));
  const required = parsePreferredContentLog(await repository.read('required-content.log')).get(me);
  expect(`${required}\n`).toBe(await repository.annex('required', 'here'));
  const ofGroup = parseGroupPreferredContentLog(await repository.read('group-preferred-content.log')).get(
    'backup',
  );
  expect(`${ofGroup}\n`).toBe(await repository.annex('groupwanted', 'backup'));
  const maxSize = parseMaxSizeLog(await repository.read('maxsize.log')).get(me);
  expect(`${maxSize}\n`).toBe(await repository.annex('maxsize', 'here', '--bytes'));
  const setting = parseConfigLog(await repository.read('config.log')).get('annex.largefiles');
  expect(`${setting}\n`).toBe(await repository.annex('config', '--get', 'annex.largefiles'));
  const schedule = parseScheduleLog(await repository.read('schedule.log')).get(me) ?? [];
  expect(`${schedule.join('; ')}\n`).toBe(await repository.annex('schedule', 'here'));
  expect(parseActivityLog(await repository.read('activity.log')).get(me)?.activity).toBe('Fsck');
}

interface Place {
  readonly me: UUID;
  /** Where other directories can be made. */
  readonly dir: string;
}

export async function compareKeyLogs(repository: BranchRepository, { me, dir }: Place): Promise<void> {
  await writeFile(join(repository.dir, 'file.txt'), 'hello, world\n');
  await repository.annex('add', '-q', 'file.txt');
  await repository.git('commit', '-qm', 'file');
  const key = parseKey(textToByteString((await repository.annex('lookupkey', 'file.txt')).trim())) as Key;
  const stored = join(dir, 'stored & more');
  await mkdir(stored);
  const settings = ['type=directory', `directory=${stored}`, 'encryption=none', 'chunk=4'];
  await repository.annex('initremote', 'store', ...settings);
  await repository.annex('copy', '-q', '--to', 'store', 'file.txt');
  await repository.annex('registerurl', key, 'http://example.com/a b');
  await repository.annex('metadata', '-q', 'file.txt', '-s', 'tag=a b', '-s', 'tag+=c', '-s', 'Jahr=2025');

  const store = uuid((await repository.git('config', 'remote.store.annex-uuid')).trim());
  const remotes = specialRemotes(parseRemoteLog(await repository.read('remote.log')));
  expect(remotes.map((one) => [one.uuid, one.name, one.config.get('chunk')])).toEqual([
    [store, 'store', '4'],
  ]);

  const present = presentUUIDs(await repository.read(locationLogPath(key)));
  expect(present).toEqual(await whereis(repository));
  expect([...present].sort()).toEqual([me, store, '00000000-0000-0000-0000-000000000001'].sort());
  const chunks = await repository.read(keyLogPath(key, { log: 'chunk' }));
  expect(parseChunkLog(chunks)).toEqual([{ uuid: store, chunkSizeBytes: 4, chunkCount: 4 }]);
  const urls = parseWebLog(await repository.read(keyLogPath(key, { log: 'web' })));
  expect(urls).toEqual([{ url: 'http://example.com/a b', downloader: 'web' }]);
  const metadata = parseMetaDataLog(await repository.read(keyLogPath(key, { log: 'metadata' })));
  const said = JSON.parse(await repository.annex('metadata', '--json', 'file.txt')) as { fields: object };
  const plain = Object.entries(said.fields).filter(([name]) => !name.endsWith('lastchanged'));
  expect(Object.fromEntries(metadata)).toEqual(Object.fromEntries(plain));

  await repository.annex('drop', '-q', '--force', '--from', 'store', 'file.txt');
  const dropped = await repository.read(keyLogPath(key, { log: 'chunk' }));
  expect(dropped).toBe(changeChunkLog(chunks, { uuid: store, chunkSizeBytes: 4, chunkCount: 0, nowSeconds }));
  expect(parseChunkLog(dropped)).toEqual([]);
  await compareExport(repository, { me, dir });
  for (const path of await repository.paths())
    expect([path, parseBranchPath(path).type]).not.toContain('unknown');
}

async function whereis(repository: BranchRepository): Promise<string[]> {
  const said = JSON.parse(await repository.annex('whereis', '--json', 'file.txt')) as {
    whereis: { uuid: string }[];
  };
  return said.whereis.map((one) => one.uuid);
}

async function compareExport(repository: BranchRepository, { me, dir }: Place): Promise<void> {
  const exported = join(dir, 'exported');
  await mkdir(exported);
  const settings = ['encryption=none', 'exporttree=yes', 'importtree=yes'];
  await repository.annex('initremote', 'out', 'type=directory', `directory=${exported}`, ...settings);
  const out = uuid((await repository.git('config', 'remote.out.annex-uuid')).trim());
  await repository.annex('export', '-q', 'HEAD', '--to', 'out');
  const first = await repository.read('export.log');
  const tree = (await repository.git('rev-parse', 'HEAD^{tree}')).trim();
  expect(parseExportLog(first)).toEqual([{ from: me, to: out, tree, incompleteTrees: [] }]);
  const after = { from: me, to: out, tree: 'x', replaced: [tree], nowSeconds };
  expect(parseExportLog(changeExportLog(first, after))[0]?.tree).toBe('x');

  await writeFile(join(exported, 'imported'), 'imported\n');
  await repository.annex('import', '-q', 'main', '--from', 'out');
  const logs = (await repository.paths()).filter((path) => path.endsWith('.log.cid'));
  expect(logs).not.toEqual([]);
  for (const path of logs) {
    const identifiers = parseContentIdentifierLog(await repository.read(path)).get(out);
    // Inode, size and time of the file.
    expect(identifiers?.[0]).toMatch(/^\d+ \d+ \d+/);
  }
}

export async function compareClusters(repository: BranchRepository, { me, dir }: Place): Promise<void> {
  const nodes: UUID[] = [];
  for (const name of ['node1', 'node2']) {
    const node = new BranchRepository(join(dir, name), repository.release);
    nodes.push(await node.init());
    await repository.git('remote', 'add', name, node.dir);
  }
  await repository.git('fetch', '-q', '--all');
  await repository.annex('initcluster', 'mine');
  const cluster = parseClusterUUID(
    uuid((await repository.git('config', 'annex.cluster.mine')).trim()),
  ) as ClusterUUID;
  for (const name of ['node1', 'node2'])
    await repository.git('config', `remote.${name}.annex-cluster-node`, 'mine');
  await repository.annex('updatecluster', '-q');
  const clusterLog = await repository.read('cluster.log');
  expect(parseClusterLog(clusterLog).nodesByCluster).toEqual(
    new Map([[cluster, new Set([...nodes].sort())]]),
  );
  expect(clusterLog).toBe(changeClusterLog('', { cluster, nodes, nowSeconds }));
  const proxyLog = await repository.read('proxy.log');
  const remotes = parseProxyLog(proxyLog).get(me) ?? [];
  expect(remotes.map(({ name }) => name).sort()).toEqual(['mine', 'node1', 'node2']);
  expect(remotes.find(({ name }) => name === 'mine')?.uuid).toBe(cluster);
  expect(proxyLog).toBe(changeProxyLog('', { gateway: me, remotes: remotes.reverse(), nowSeconds }));
}

// Which remotes exist only through a gateway, and what the git configuration would say of them.
import { describe, expect, test } from 'vitest';
import { parseClusterLog } from '../../logs/cluster-log.ts';
import { parseProxyLog } from '../../logs/proxy-log.ts';
import { parseConfigList, type GitConfig } from '../git/git-config.ts';
import { configuredRemote, type ConfiguredRemote } from './configured-remotes.ts';
import { instantiateRemotes, type InstantiatedRemotes } from './instantiated-remotes.ts';

const gateway = '00000001-0000-4000-8000-000000000000';
const node = '00000011-0000-4000-8000-000000000000';
const single = '00000012-0000-4000-8000-000000000000';
const cluster = 'ac000001-0000-8000-8000-000000000000';
const proxyLog = `1s ${gateway} ${node}:n1 ${single}:deep-er ${cluster}:c\n`;
const clusterLog = `1s ${cluster} ${node}\n`;

function configOf(settings: Readonly<Record<string, string | undefined>>): GitConfig {
  const lines = Object.entries(settings).map(([key, value]) =>
    value === undefined ? `file:x\0${key}\0` : `file:x\0${key}\n${value}\0`,
  );
  return parseConfigList(lines.join('')).config;
}

function instantiate(
  settings: Readonly<Record<string, string | undefined>>,
  options: { readonly atAddresses?: boolean } = {},
): InstantiatedRemotes {
  const config = configOf({
    'remote.g.url': 'ssh://host/x',
    'remote.g.annex-uuid': gateway,
    ...settings,
  });
  return instantiateRemotes({
    config,
    remotes: config.remotes().map((name): ConfiguredRemote => configuredRemote(config, name, '/base')),
    proxies: parseProxyLog(proxyLog),
    clusters: parseClusterLog(clusterLog),
    ...options,
  });
}

const namesOf = (settings: Readonly<Record<string, string | undefined>>): readonly string[] =>
  instantiate(settings).remotes.map(({ name }) => name);

test('a remote for each entry, with the cluster cheaper than its nodes', () => {
  const { remotes, config } = instantiate({});
  expect(
    remotes.map(({ name, uuid, cost, proxiedBy, localPath }) => ({ name, uuid, cost, proxiedBy, localPath })),
  ).toEqual([
    { name: 'g-n1', uuid: node, cost: 200.1, proxiedBy: gateway, localPath: undefined },
    { name: 'g-deep-er', uuid: single, cost: 200, proxiedBy: gateway, localPath: undefined },
    { name: 'g-c', uuid: cluster, cost: 200, proxiedBy: gateway, localPath: undefined },
  ]);
  expect(config.getBool('remote.g-n1.annex-sync')).toBe(false);
  expect(config.get('remote.g-c.annex-sync')).toBeUndefined();
  expect(config.get('remote.g.url')).toBe('ssh://host/x');
});

test('settings of the gateway are inherited, and those of its own kind are not', () => {
  const { remotes, config } = instantiate({
    'remote.g.annex-cost': '50',
    'remote.g.annex-ssh-options': '-p 22',
    'remote.g.annexurl': 'annex+https://host/',
    'remote.g.annex-proxy': undefined,
    'remote.g.annex-cluster-node': 'c',
    'remote.g.annex-cluster-gateway': cluster,
    'remote.g.annex-trustlevel': 'trusted',
    'remote.g.fetch': '+refs/heads/*:refs/remotes/g/*',
  });
  expect(remotes.map(({ cost }) => cost)).toEqual([200.1, 50, 50]);
  expect(
    remotes.every(({ hasProxySetting, nodeOf, gatewayOf, annexURL }) => {
      return hasProxySetting && nodeOf.length + gatewayOf.length === 0 && annexURL === 'annex+https://host/';
    }),
  ).toBe(true);
  expect(config.get('remote.g-c.annex-ssh-options')).toBe('-p 22');
  for (const variable of ['annex-trustlevel', 'fetch', 'annex-cluster-node', 'annex-cluster-gateway']) {
    expect(config.get(`remote.g-c.${variable}`)).toBeUndefined();
  }
});

test('a setting of the user takes the place of the whole remote', () => {
  expect(namesOf({ 'remote.g-c.anything': 'at all' })).toEqual(['g-n1', 'g-deep-er']);
});

test('two ways to the same name give one remote', () => {
  const settings = { 'remote.g-deep.url': 'ssh://other/', 'remote.g-deep.annex-uuid': gateway };
  expect(namesOf(settings).filter((name) => name === 'g-deep-deep-er')).toHaveLength(1);
  expect(new Set(namesOf(settings)).size).toBe(namesOf(settings).length);
});

describe('a gateway is', () => {
  const proxies = (settings: Readonly<Record<string, string | undefined>>): boolean =>
    namesOf(settings).length > 0;
  test('what is elsewhere', () => {
    for (const url of ['host:x', 'annex+http://host/', 'http://host/x', 'ssh+git://host/x', 'ftp://host/x']) {
      expect(proxies({ 'remote.g.url': url })).toBe(true);
    }
  });
  test('a path only with an annexUrl', () => {
    for (const url of ['/x', '../x', 'file:///x', 'dir/with:colon']) {
      expect(proxies({ 'remote.g.url': url })).toBe(false);
      expect(proxies({ 'remote.g.url': url, 'remote.g.annexurl': 'http://host/' })).toBe(false);
      expect(proxies({ 'remote.g.url': url, 'remote.g.annexurl': 'annex+http://host/' })).toBe(true);
    }
  });
  test('nothing that speaks otherwise', () => {
    expect(proxies({ 'remote.g.url': 'gcrypt::ssh://host/x' })).toBe(false);
    expect(proxies({ 'remote.g.annex-git-lfs': 'true' })).toBe(false);
  });
  test('at a P2P address only for who speaks SERVE', () => {
    for (const url of ['tor-annex::a.onion:1', 'p2p-annex::net:place']) {
      expect(proxies({ 'remote.g.url': url })).toBe(false);
      const { remotes } = instantiate({ 'remote.g.url': url }, { atAddresses: true });
      expect(remotes.map(({ name, cost }) => [name, cost])).toEqual([
        ['g-n1', 1000.1],
        ['g-deep-er', 1000],
        ['g-c', 1000],
      ]);
    }
  });
  test('known by its config UUID', () => {
    expect(proxies({ 'remote.g.annex-uuid': node })).toBe(false);
    expect(proxies({ 'remote.g.annex-uuid': node, 'remote.g.annex-config-uuid': gateway })).toBe(true);
  });
});

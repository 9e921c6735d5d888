// The files are ones that real git-annex was made to read, and rewrote as is expected here.
import { describe, expect, test } from 'vitest';
import type { ClusterUUID } from '../types/cluster-uuid.ts';
import type { UUID } from '../types/uuid.ts';
import { textToByteString } from '../util/byte-string.ts';
import { changeClusterLog, parseClusterLog, withoutNodes } from './cluster-log.ts';
import { changeProxyLog, parseProxyLog } from './proxy-log.ts';

const cluster = 'acb3571a-ec69-8bab-b7cf-2ba419bcc566' as ClusterUUID;
const one = 'fc66d4aa-80ce-4506-a9ce-1a8c62df83f3' as UUID;
const other = 'df692f8d-4568-4b4f-9d89-9a9f15b060e2' as UUID;
const gateway = '900a5947-a034-413f-9396-0281ffec23d6' as UUID;
const nowSeconds = 1000;

describe('cluster.log', () => {
  test('is read in both directions, and only for cluster UUIDs', () => {
    const { nodesByCluster, clustersByNode } = parseClusterLog(
      `5s ${cluster} ${one}\n6s ${cluster} ${other} ${one}\n7s ${gateway} ${one}\n`,
    );
    expect(nodesByCluster).toEqual(new Map([[cluster, new Set([other, one])]]));
    expect(clustersByNode.get(one)).toEqual(new Set([cluster]));
  });

  test('keeps the lines that it does not read when it changes', () => {
    const before =
      `2000s ${cluster} b a\n2000s u1 a b\n3000s ac345678-1234-8abc-8111-111111111111 z y y\n5s acx\n` +
      '9s ac345678-1234-8abc-8111-1111111111ff \n9s ac345678-1234-8abc-8111-1111111111fe\n' +
      '20s ac345678-1234-8abc-8111-111111111112 a \n20s ac345678-1234-8abc-8111-111111111113 a  b\n';
    expect(changeClusterLog(before, { cluster, nodes: [one, other], nowSeconds })).toBe(
      '3000s ac345678-1234-8abc-8111-111111111111 y z\n20s ac345678-1234-8abc-8111-111111111112 a\n' +
        '9s ac345678-1234-8abc-8111-1111111111ff \n' +
        `2001s ${cluster} ${other} ${one}\n2000s u1 a b\n`,
    );
  });

  test('has no news where the nodes are the same', () => {
    expect(changeClusterLog(`5s ${cluster} ${one}\n`, { cluster, nodes: [one], nowSeconds })).toBeUndefined();
    expect(changeClusterLog('', { cluster, nodes: [], nowSeconds })).toBeUndefined();
    const emptied = changeClusterLog(`5s ${cluster} ${one}\n`, { cluster, nodes: [], nowSeconds });
    expect(emptied).toBe(`1000s ${cluster} \n`);
    expect(parseClusterLog(emptied ?? '').nodesByCluster.get(cluster)).toEqual(new Set());
  });

  test('can be had without dead nodes', () => {
    const clusters = withoutNodes(parseClusterLog(`5s ${cluster} ${one} ${other}\n`), new Set([one]));
    expect(clusters.nodesByCluster.get(cluster)).toEqual(new Set([other]));
    expect(clusters.clustersByNode.has(one)).toBe(false);
  });
});

describe('proxy.log', () => {
  test('is read without names that are illegal for a remote', () => {
    const line = `20s ${gateway} a:.b a:b.c b:n/2 d:-x e:f:g g:${textToByteString('ü')} h:x_9`;
    expect(parseProxyLog(`${line}\n`).get(gateway)).toEqual([
      { uuid: 'a', name: 'b.c' },
      { uuid: 'g', name: textToByteString('ü') },
      { uuid: 'h', name: 'x_9' },
    ]);
  });

  test('keeps the lines that git-annex keeps when it changes', () => {
    const kept = [
      'p1 q:n1',
      'p2 b:n/2',
      'p4 d:-x',
      'p5 e:f:g',
      'pc  y:b x:a',
      'pe x:a x:b',
      'pi b:n%2',
      'pl z:\xe9',
    ];
    const dropped = ['p3 c', 'p6 h:', 'p8 :z', 'pf x:a y', 'pg x:a y:', 'pj'];
    const untidy = ['p7 b:x a:y', 'pd x:a ', 'pk x:a x:b x:a'];
    const before = [...kept, ...dropped, ...untidy].map((line) => `20s ${line}\n`).join('');
    const after = changeProxyLog(before, { gateway, remotes: [{ uuid: one, name: 'cn1' }], nowSeconds });
    const expected = [`1000s ${gateway} ${one}:cn1`];
    for (const line of [...kept, 'p7 a:y b:x', 'pd x:a', 'pk x:a x:b'].sort()) expected.push(`20s ${line}`);
    expect(after).toBe(`${expected.join('\n')}\n`);
  });

  test('has no news where the remotes are the same', () => {
    const remotes = [
      { uuid: one, name: 'cn1' },
      { uuid: cluster as UUID, name: 'c2' },
    ];
    const after = changeProxyLog('', { gateway, remotes, nowSeconds }) ?? '';
    expect(after).toBe(`1000s ${gateway} ${cluster}:c2 ${one}:cn1\n`);
    expect(changeProxyLog(after, { gateway, remotes: remotes.reverse(), nowSeconds })).toBeUndefined();
    expect(changeProxyLog('', { gateway, remotes: [], nowSeconds })).toBeUndefined();
    const illegal = { gateway, remotes: [{ uuid: one, name: 'a b' }], nowSeconds };
    expect(() => changeProxyLog('', illegal)).toThrow('not a legal name');
  });
});

import { describe, expect, test } from 'vitest';
import type { UUID } from '../types/uuid.ts';
import { unionMergeLines } from './union-merge.ts';
import { guardedChanges } from './guarded-settings.ts';

const node = '11111111-1111-4111-8111-111111111111' as UUID;
const cluster = 'ac111111-1111-8111-8111-111111111111' as UUID;
const laptop = '22222222-2222-4222-8222-222222222222' as UUID;
const guarded = new Set<UUID>([node, cluster]);

const ours: Record<string, string> = {
  'cluster.log': `100s ${cluster} ${node}\n`,
  'trust.log': `${node} ? timestamp=100s\n`,
  'group.log': `${node} archive timestamp=100s\n`,
  'numcopies.log': '100s 2\n',
  'group-preferred-content.log': '100s archive standard\n',
};

/** What a merge of these files with ours would change. */
function mergedChanges(theirs: Record<string, string>): readonly string[] {
  return guardedChanges({
    guarded,
    before: (path) => ours[path],
    after: (path) =>
      theirs[path] === undefined ? ours[path] : unionMergeLines([ours[path] ?? '', theirs[path]]),
  });
}

describe('guardedChanges', () => {
  test.each<[string, Record<string, string>]>([
    ['a node is taken out of the cluster', { 'cluster.log': `200s ${cluster} \n` }],
    ['another node is put into it', { 'cluster.log': `200s ${cluster} ${node} ${laptop}\n` }],
    ['a node is declared dead', { 'trust.log': `${node} X timestamp=200s\n` }],
    ['a node is trusted by an empty value', { 'trust.log': `${node}  timestamp=200s\n` }],
    ['a node wants nothing', { 'preferred-content.log': `${node} nothing timestamp=200s\n` }],
    ['a node must keep nothing', { 'required-content.log': `${node} nothing timestamp=200s\n` }],
    ['a node leaves its group', { 'group.log': `${node}  timestamp=200s\n` }],
    ['a node is full', { 'maxsize.log': `200s ${node} 1\n` }],
    ['a special remote leads elsewhere', { 'remote.log': `${node} host=evil type=S3 timestamp=200s\n` }],
    ['fewer copies are kept', { 'numcopies.log': '200s 1\n' }],
    ['fewer copies are allowed', { 'mincopies.log': '200s 1\n' }],
    ['a group means something else', { 'group-preferred-content.log': '200s archive nothing\n' }],
    ['another group gets a meaning', { 'group-preferred-content.log': '200s evil anything\n' }],
    ['history is forgotten', { 'transitions.log': 'ForgetGitHistory 200s\n' }],
    ['the cluster is proxied for no more', { 'proxy.log': `200s ${node} \n` }],
    [
      'a line of the same time comes before the one that counts',
      { 'trust.log': `${node} 0 timestamp=100s\n` },
    ],
    [
      'one of two new lines of one time says what was said',
      { 'trust.log': `${node} 0 timestamp=200s\n${node} ? timestamp=200s\n` },
    ],
    ['a clock is longer than we read', { 'cluster.log': `${'9'.repeat(50)}s ${cluster} \n` }],
    ['so is that of an older log', { 'trust.log': `${node} X timestamp=${'9'.repeat(50)}s\n` }],
    ['so is that of a number', { 'numcopies.log': `${'9'.repeat(50)}s 1\n` }],
  ])('%s', (_, theirs) => {
    expect(mergedChanges(theirs)).toHaveLength(1);
  });

  test.each<[string, Record<string, string>]>([
    ['what is said of a repository of no cluster', { 'trust.log': `${laptop} X timestamp=200s\n` }],
    ['its group and wishes', { 'group.log': `${laptop} client timestamp=200s\n` }],
    ['older lines', { 'cluster.log': `50s ${cluster} \n`, 'numcopies.log': '50s 1\n' }],
    ['the same value with another clock', { 'trust.log': `${node} ? timestamp=300s\n` }],
    ['descriptions and files that nobody knows', { 'uuid.log': `${node} evil timestamp=200s\n`, x: 'y\n' }],
  ])('lets pass %s', (_, theirs) => {
    expect(mergedChanges(theirs)).toEqual([]);
  });

  test('names what is changed', () => {
    expect(mergedChanges({ 'trust.log': `${node} X timestamp=200s\n`, 'numcopies.log': '200s 1\n' })).toEqual(
      [`trust.log of ${node}`, 'numcopies.log'],
    );
  });
});

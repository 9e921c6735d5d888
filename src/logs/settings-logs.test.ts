// config.log, group-preferred-content.log, export.log and transitions.log, as real git-annex wrote them.
import { describe, expect, test } from 'vitest';
import type { UUID } from '../types/uuid.ts';
import { changeConfigLog, parseConfigLog } from './config-log.ts';
import { beginExport, changeExportLog, parseExportLog } from './export-log.ts';
import {
  changeGroupPreferredContentLog,
  parseGroupPreferredContentLog,
} from './group-preferred-content-log.ts';
import { changeTransitionsLog, isKnownTransition, parseTransitionsLog } from './transitions-log.ts';

const nowSeconds = 1000;

test('config.log', () => {
  const before = '5s annex.largefiles   sp  \n6s bar\n';
  expect(parseConfigLog(before)).toEqual(new Map([['annex.largefiles', '  sp  ']]));
  const after = changeConfigLog(before, { name: 'annex.dotfiles', value: 'true', nowSeconds });
  expect(after).toBe('1000s annex.dotfiles true\n5s annex.largefiles   sp  \n');
  const unset = changeConfigLog(after, { name: 'annex.dotfiles', value: '', nowSeconds });
  expect(unset).toBe('1001s annex.dotfiles \n5s annex.largefiles   sp  \n');
  expect(parseConfigLog(unset).has('annex.dotfiles')).toBe(false);
  expect(() => changeConfigLog('', { name: 'a', value: 'x\ny', nowSeconds })).toThrow('the value of a');
});

test('group-preferred-content.log', () => {
  const before = '5s foo \n6s bar\n99999999999s baz include=x\n99999999999s baz include=y\n5s  q r\n';
  expect(parseGroupPreferredContentLog(before).get('baz')).toBe('include=y');
  expect(parseGroupPreferredContentLog(before).has('foo')).toBe(false);
  expect(changeGroupPreferredContentLog(before, { group: 'baz', expression: 'include=z', nowSeconds })).toBe(
    '5s  q r\n100000000000s baz include=z\n5s foo \n',
  );
});

describe('export.log', () => {
  const from = '01dd33ca-1a9d-498d-846f-3d0c9b31b878' as UUID;
  const to = 'b88e92ee-e64e-43ae-98a0-971866085161' as UUID;
  const [old, tree, third] = ['4d035cac', '02fb0138', '926cffe2'].map((name) => name.padEnd(40, '0')) as [
    string,
    string,
    string,
  ];

  test('is read, unsound lines left out', () => {
    const log = `5s ${from}:${to} ${tree} ${old}\n8s junk\n8s c: ${tree}\n8s d ${tree}\n8s j:k\n8s l:m \n`;
    expect(parseExportLog(`${log}8s h:i ${tree}  ${old}\n`)).toEqual([
      { from, to, tree, incompleteTrees: [old] },
    ]);
  });

  test('begins with the tree as incomplete', () => {
    const emptyTree = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';
    const begun = beginExport('', { from, to, tree: old, emptyTree, nowSeconds });
    expect(begun).toBe(`1000s ${from}:${to} ${emptyTree} ${old}\n`);
    const again = beginExport(begun, { from, to, tree, emptyTree, nowSeconds });
    expect(again).toBe(`1001s ${from}:${to} ${emptyTree} ${tree} ${old}\n`);
  });

  test('brings other repositories along', () => {
    const before =
      `5s ${from}:${to} ${old}\n6s u1:${to} ${old}\n6s u2:${to} ${third}\n7s u1:u2 ${old} ${third}\n` +
      '8s junk\n8s a:b junk\n8s c: x\n8s d x\n8s e:f:g x\n';
    expect(changeExportLog(before, { from, to, tree, replaced: [old, third], nowSeconds })).toBe(
      `1000s ${from}:${to} ${tree}\n8s a:b junk\n8s e:f:g x\n1000s u1:${to} ${tree}\n` +
        `7s u1:u2 ${old} ${third}\n1000s u2:${to} ${tree}\n`,
    );
    const one = changeExportLog(before, { from, to, tree, replaced: [old], nowSeconds });
    expect(parseExportLog(one).find((entry) => entry.from === 'u2')?.tree).toBe(third);
  });
});

test('transitions.log', () => {
  const first = changeTransitionsLog('', { transitions: ['ForgetGitHistory'], nowSeconds }) ?? '';
  expect(first).toBe('ForgetGitHistory 1000s\n');
  const second = changeTransitionsLog(first, {
    transitions: ['ForgetDeadRemotes', 'ForgetGitHistory'],
    nowSeconds: 7.5,
  });
  expect(second).toBe('ForgetGitHistory 7.5s\nForgetDeadRemotes 7.5s\nForgetGitHistory 1000s\n');
  expect(
    changeTransitionsLog(second ?? '', { transitions: ['ForgetGitHistory'], nowSeconds }),
  ).toBeUndefined();
  expect(parseTransitionsLog('New 5s\nForgetGitHistory\n').map(({ transition }) => transition)).toEqual([
    'New',
  ]);
  expect(isKnownTransition('New')).toBe(false);
});

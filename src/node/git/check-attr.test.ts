// Attributes of files, and what git makes of paths that a client may name.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { CheckAttr } from './check-attr.ts';

const top = realpathSync(mkdtempSync(join(tmpdir(), 'annexus-attributes-')));
afterAll(() => rmSync(top, { recursive: true, force: true }));
execFileSync('git', ['init', '-q', top]);
writeFileSync(join(top, '.gitattributes'), '*.doc annex.numcopies=3\n');

test('a path that leads out of the work tree has none, and those that are asked for beside it and later do', async () => {
  const attributes = new CheckAttr({ workTree: top, attributes: ['annex.numcopies'] });
  const paths = [
    'a.doc',
    '../b.doc',
    `${top}/../b.doc`,
    'c/../../b.doc',
    'a\0b.doc',
    'c/../b.doc',
    '',
    'b.doc',
  ];
  const found = await Promise.all(paths.map((path) => attributes.read(path)));
  const numbers = found.map((values) => values.get('annex.numcopies'));
  expect(numbers).toEqual(['3', undefined, undefined, undefined, undefined, '3', undefined, '3']);
  expect(await attributes.read('c.doc')).toEqual(new Map([['annex.numcopies', '3']]));
  await attributes.close();
});

test('git is started again where it ended', async () => {
  const attributes = new CheckAttr({ workTree: top, attributes: ['annex.numcopies'] });
  await attributes.read('a.doc');
  // As macOS and Linux know it.
  const pids = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'latin1' })
    .split('\n')
    .map((line) => line.trim().split(/ +/))
    .flatMap(([pid, parent, ...args]) =>
      Number(parent) === process.pid && args.includes('check-attr') ? [Number(pid)] : [],
    );
  expect(pids).not.toEqual([]);
  for (const pid of pids) process.kill(pid);
  const ask = async (): Promise<unknown> => await attributes.read('a.doc');
  expect(await ask()).toEqual(new Map([['annex.numcopies', '3']]));
  expect(await ask()).toEqual(new Map([['annex.numcopies', '3']]));
  await attributes.close();
});

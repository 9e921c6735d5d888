// What packaging/ has: the unit by systemd's own tools, the example configuration, and what the container runs.
import { spawnSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { annexusProgram, releases, runIn, withTempDir } from '../support/git-annex.ts';
import { adapted } from '../support/doc-snippets.ts';
import { annexus, makeServed, startSite } from './scenario/served-site.ts';

const packaging = fileURLToPath(new URL('../../packaging/', import.meta.url));
const read = async (name: string): Promise<string> => await readFile(join(packaging, name), 'utf8');

test('systemd-analyze verifies the units, and is content with their security', async ({ skip }) => {
  const isInstalled = spawnSync('systemd-analyze', ['--version']).status === 0;
  skip(!isInstalled && (process.env['CI'] ?? '') === '', 'systemd-analyze is not installed');
  await withTempDir(async (dir) => {
    const unit = adapted(await read('annexus.service'), { '/usr/local/bin/annexus': annexusProgram });
    await writeFile(join(dir, 'annexus.service'), unit);
    await writeFile(join(dir, 'annexus.socket'), await read('annexus.socket'));
    const verified = await runIn(dir, ['systemd-analyze', 'verify', './annexus.service', './annexus.socket']);
    expect(verified).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    // Versions of systemd count differently: 1.8 of 10 by version 252.
    const words = ['security', '--offline=true', '--threshold=25', './annexus.service'];
    const { stdout } = await runIn(dir, ['systemd-analyze', '--no-pager', ...words]);
    expect(stdout).toMatch(/exposure level for annexus\.service: [12]\./);
  });
});

test('the example configuration is served, and the health check of the container finds it well', async () => {
  await withTempDir(async (dir) => {
    await makeServed(dir, 'annexes/public/data.git', { release: releases().at(-1)! });
    await mkdir(join(dir, 'log'));
    await runIn(dir, [
      ...annexus,
      'token',
      'create',
      '--file',
      'tokens',
      '--user',
      'ann',
      '--scope',
      'write',
    ]);
    const example = adapted(await read('annexus.yaml'), {
      '127.0.0.1:9417': '127.0.0.1:0',
      'path: /srv/annexes\n': 'path: annexes\n',
      '/var/log/annexus/': 'log/',
    });
    await using site = await startSite(dir, example);
    const containerfile = await read('Containerfile');
    const [, check = ''] = /CMD (\["node", "-e", .*\])/.exec(containerfile) ?? [];
    const argv = (JSON.parse(check) as string[]).map((word) => word.replace(':9417', `:${site.port}`));
    await runIn(dir, argv);
    const config = await fetch(`http://127.0.0.1:${site.port}/public/data.git/config`);
    expect(config.status).toBe(200);
    await site.running[Symbol.asyncDispose]();
    expect((await runIn(dir, argv, { allow: 'any' })).exitCode).toBe(1);
  });
});

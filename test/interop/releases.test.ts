// The ground that every other interoperability test stands on: both releases run, in an environment of our own.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cleanEnvironment, releases, runIn, startIn, withTempDir } from '../support/git-annex.ts';

describe.each(releases())('git-annex $name', (release) => {
  test('stores a file and knows where it is', async () => {
    await withTempDir(async (dir) => {
      await runIn(dir, ['git', 'init', '--quiet'], { release });
      await runIn(dir, ['git', 'annex', 'init', 'here'], { release });
      await runIn(dir, ['sh', '-c', 'printf hello > file'], { release });
      await runIn(dir, ['git', 'annex', 'add', 'file'], { release });
      await runIn(dir, ['git', 'commit', '--quiet', '-m', 'add'], { release });
      const whereis = await runIn(dir, ['git', 'annex', 'whereis', '--json', 'file'], { release });
      expect(JSON.parse(whereis.stdout)).toMatchObject({
        success: true,
        key: 'SHA256E-s5--2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824',
        whereis: [{ description: 'here', here: true }],
      });
      expect(await readFile(join(dir, 'file'), 'utf8')).toBe('hello');
    });
  });

  test('is the one that programs find', async () => {
    await withTempDir(async (dir) => {
      const { stdout } = await runIn(dir, ['git-annex', 'version', '--raw'], { release });
      expect(stdout.trim()).toBe(release.version);
    });
  });
});

test("programs get nothing of the user's own", async () => {
  await withTempDir(async (dir) => {
    const { stdout } = await runIn(dir, ['git', 'config', '--list', '--show-origin', '--name-only']);
    const home = cleanEnvironment()['HOME'];
    const origins = stdout.split('\n').filter((line) => line !== '');
    expect(origins).not.toHaveLength(0);
    expect(origins.filter((line) => !line.startsWith(`file:${home}/`))).toEqual([]);
  });
});

test('a failure is rejected with all that was printed', async () => {
  const failing = ['sh', '-c', 'echo out; echo err >&2; exit 3'];
  await withTempDir(async (dir) => {
    await expect(runIn(dir, failing)).rejects.toThrow(/ended with 3[^]*out[^]*err/);
    expect(await runIn(dir, failing, { allow: [3] })).toEqual({
      stdout: 'out\n',
      stderr: 'err\n',
      exitCode: 3,
    });
    await expect(runIn(dir, ['sleep', '60'], { timeoutMs: 50 })).rejects.toThrow('did not end within 50 ms');
    await expect(runIn(dir, ['annexus-no-such-program'])).rejects.toThrow('ENOENT');
  });
});

test('a program that goes on is stopped with all that it started', async () => {
  await withTempDir(async (dir) => {
    let ended: Promise<number>;
    {
      await using running = startIn(dir, ['sh', '-c', 'echo ready; sleep 60; echo never']);
      await running.shows(/^ready$/m);
      ended = running.ended;
    }
    expect(await ended).toBe(-1);
  });
});

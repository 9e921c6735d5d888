// README.md's transcripts, run as they are printed, with stock git-annex of both releases: the commands behind `$` in one
// shell, and under each what it must print (a UUID is shown as its first digits and an ellipsis; other lines may come too).
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { annexusProgram, releases, runIn, startIn, withTempDir } from '../support/git-annex.ts';
import { play, transcripts } from './scenario/played-transcript.ts';
import { playServing } from './scenario/played-serving.ts';

const readme = await readFile(fileURLToPath(new URL('../../README.md', import.meta.url)), 'utf8');
const [
  clientTranscript = [],
  servingTranscript = [],
  visitorTranscript = [],
  gatewayTranscript = [],
  placementTranscript = [],
] = transcripts(readme);

describe.each(releases())('with git-annex of the $name release', (release) => {
  test('the first transcript works against a gateway that up makes', async () => {
    await withTempDir(async (dir) => {
      await using up = startIn(dir, [process.execPath, annexusProgram, 'up', '--port', '0'], { release });
      const port = await portOf(up.shows);
      await mkdir(join(dir, 'elsewhere'));
      const played = await play(clientTranscript, { dir: join(dir, 'elsewhere'), release, port });
      expect(played.length).toBeGreaterThan(10);
    });
  });

  test('the next two serve a repository with users, and use it', async () => {
    await withTempDir(async (dir) => {
      const [, config = ''] = /^```yaml\n([^]*?)^```/m.exec(readme) ?? [];
      const played = await playServing({ dir, release, config }, servingTranscript, visitorTranscript);
      expect(played).toBeGreaterThan(8);
    });
  });

  test('the next makes a gateway of annexes that real git-annex made', async () => {
    await withTempDir(async (dir) => {
      for (const name of ['gateway', 'disk1', 'disk2']) {
        await runIn(dir, ['git', 'init', '--quiet', name], { release });
        await runIn(join(dir, name), ['git', 'annex', 'init', name], { release });
      }
      const serve = gatewayTranscript.at(-1)?.command ?? '';
      expect(serve).toMatch(/^annexus p2phttp /);
      await play(gatewayTranscript.slice(0, -1), { dir, release, port: '9417' });
      const words = serve.split(' ').slice(1);
      const gateway = join(dir, 'gateway');
      await using server = startIn(gateway, [process.execPath, annexusProgram, ...words, '--port', '0'], {
        release,
      });
      const port = await portOf(server.shows);
      await runIn(gateway, ['git', 'config', 'annex.url', `annex+http://127.0.0.1:${port}/git-annex/`]);
      await runIn(dir, ['git', 'clone', '--quiet', 'gateway', 'laptop'], { release });
      const laptop = join(dir, 'laptop');
      await runIn(laptop, [
        'git',
        'config',
        'remote.origin.annexUrl',
        `annex+http://127.0.0.1:${port}/git-annex/`,
      ]);
      const script =
        'git annex init laptop; echo x > x; git annex add x; git annex copy --to origin-mycluster x; git annex whereis x';
      const { stdout } = await runIn(laptop, ['bash', '-ec', script], { release });
      expect(stdout).toMatch(/3 copies[^]*\[origin-mycluster\]/);
    });
  });

  test('the last transcript says what goes where', async () => {
    await withTempDir(async (dir) => {
      const played = await play(placementTranscript, { dir, release, port: '9417' });
      expect(played.length).toBeGreaterThan(15);
    });
  });
});

test('the two commands stand first, each on a line of its own', () => {
  const commands = readme.split('\n').filter((line) => /^ {4}\S/.test(line));
  expect(commands.slice(0, 2).map((line) => line.trim())).toEqual([
    'npm ci && bin/annexus up',
    'npm ci && npm test',
  ]);
});

test('the commands in the table are those that there are', async () => {
  const { stdout } = await runIn('.', [process.execPath, annexusProgram, '--help']);
  const listed = new Set([...stdout.matchAll(/^ {2}([a-z0-9]+)(?: |$)/gm)].map(([, name]) => name));
  listed.delete('help');
  const cells = [...readme.matchAll(/^\| (`annexus .*?) \|/gm)].map(([, cell = '']) => cell);
  const named = cells.flatMap((cell) =>
    [...cell.matchAll(/`(?:annexus )?([a-z0-9]+)/g)].map(([, name]) => name),
  );
  expect(new Set(named)).toEqual(listed);
});

async function portOf(shows: (pattern: RegExp) => Promise<RegExpExecArray>): Promise<string> {
  return (await shows(/http:\/\/127\.0\.0\.1:(\d+)\//))[1] ?? '';
}

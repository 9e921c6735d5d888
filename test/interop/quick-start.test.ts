// doc/serve/quick-start.md, as it is printed, with stock git-annex of both releases.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { snippets } from '../support/doc-snippets.ts';
import { releases, withTempDir } from '../support/git-annex.ts';
import { playServing } from './scenario/played-serving.ts';
import { transcripts } from './scenario/played-transcript.ts';

const path = 'doc/serve/quick-start.md';
const page = await readFile(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');
const [serving = [], visiting = []] = transcripts(page);
const [config = ''] = await snippets(path, 'yaml');

test.each(releases())('five commands serve a repository with users; git-annex $name', async (release) => {
  expect(serving).toHaveLength(5);
  await withTempDir(async (dir) => {
    expect(await playServing({ dir, release, config }, serving, visiting)).toBeGreaterThan(10);
  });
});

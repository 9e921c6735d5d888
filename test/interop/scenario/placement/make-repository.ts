// Puts a random world into a git repository, git-annex branch and files in two commits, and has git-annex open it.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hashDirMixed } from '../../../../src/types/hash-dirs.ts';
import { keyFile } from '../../../../src/types/key-file.ts';
import {
  byteStringToBytes,
  byteStringToText,
  textToByteString,
  type ByteString,
} from '../../../../src/util/byte-string.ts';
import { runIn, type Release } from '../../../support/git-annex.ts';
import type { PlacementWorld } from './random-world.ts';

export async function makeRepository(dir: string, world: PlacementWorld, release: Release): Promise<void> {
  const run = async (argv: readonly string[], input?: Uint8Array): Promise<void> => {
    await runIn(dir, argv, { release, ...(input === undefined ? {} : { input }) });
  };
  await run(['git', 'init', '-q']);
  const links = world.files.map(({ path, key }): Entry => {
    const up = '../'.repeat(path.split('/').length - 1);
    const content = `${up}.git/annex/objects/${hashDirMixed(key)}${keyFile(key)}/${keyFile(key)}`;
    return { path, mode: '120000', content };
  });
  const attributes: Entry = {
    path: '.gitattributes',
    mode: '100644',
    content: textToByteString(world.gitAttributes),
  };
  const logs = [...world.branch].map(([path, content]): Entry => ({ path, mode: '100644', content }));
  const script = commit('refs/heads/git-annex', logs) + commit('refs/heads/main', [...links, attributes]);
  await run(['git', 'fast-import', '--quiet'], byteStringToBytes(script));
  await run(['git', 'reset', '-q', '--hard', 'main']);
  await run(['git', 'config', 'annex.uuid', byteStringToText(world.here)]);
  await run(['git', 'config', 'annex.fullybalancedthreshhold', String(world.thresholdPercent)]);
  await run(['git', 'annex', 'init', '-q', 'here']);
  for (const key of world.contentHere) {
    const object = join(dir, '.git/annex/objects', hashDirMixed(key), keyFile(key), keyFile(key));
    await mkdir(dirname(object), { recursive: true });
    await writeFile(object, 'content');
  }
  // The sum of all sizes, which git-annex may wait for for ever where `find` needs it first.
  await run(['git', 'annex', 'maxsize']);
  const unused = world.unused.map((key, index) => `${index + 1} ${key}\n`).join('');
  await writeFile(join(dir, '.git/annex/unused'), byteStringToBytes(unused));
}

interface Entry {
  readonly path: ByteString;
  readonly mode: string;
  readonly content: ByteString;
}

function commit(ref: string, entries: readonly Entry[]): ByteString {
  const files = entries.map(
    ({ path, mode, content }) => `M ${mode} inline ${quoted(path)}\ndata ${content.length}\n${content}\n`,
  );
  return `commit ${ref}\ncommitter t <t@t.invalid> 1700000000 +0000\ndata 4\ntest\n${files.join('')}\n`;
}

function quoted(path: ByteString): string {
  const escaped = path.replace(
    /[^ !#-[\]-~]/g,
    (byte) => `\\${byte.charCodeAt(0).toString(8).padStart(3, '0')}`,
  );
  return `"${escaped}"`;
}

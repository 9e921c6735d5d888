/**
 * The annexed files of a work tree's index: symbolic links into `annex/objects`, and pointer files (an unlocked file is
 * a small blob whose first line is `/annex/objects/KEYFILE`). Source: interop reference §2.2.
 */

import { lstatSync } from 'node:fs';
import { AnnexError } from '../../types/annex-error.ts';
import { parseKeyFile } from '../../types/key-file.ts';
import type { Key } from '../../types/key.ts';
import { bytesToByteString, textToByteString, type ByteString } from '../../util/byte-string.ts';
import { splitAtNUL } from '../branch/diff-index.ts';
import type { GitRepository } from '../git/git-repository.ts';
import { streamGit } from '../git/run-git.ts';

export interface AnnexedFile {
  /** Relative to the directory that was searched. */
  readonly path: ByteString;
  readonly key: Key;
  /** A symbolic link; else a pointer file, whose content may be in its place. */
  readonly isLocked: boolean;
}

export interface SearchedPlace {
  /** What paths are relative to. */
  readonly cwd: string;
  /** A file or directory; none: everything below `cwd`. */
  readonly path?: string | undefined;
  /** The whole work tree, in place of what is below `cwd`. */
  readonly everywhere?: boolean | undefined;
}

/**
 * Lists annexed files in the order of the index. Those that are gone from the work tree are left out.
 * Throws AnnexError('config') where the path is not known to git.
 */
export async function* annexedFiles(
  repository: GitRepository,
  options: SearchedPlace,
): AsyncGenerator<AnnexedFile> {
  if (repository.workTree === undefined) {
    throw new AnnexError('config', 'a bare repository has no files: name keys with --key, or all with --all');
  }
  const directory = textToByteString(options.cwd);
  for await (const file of inBatches(repository, indexEntries(options)))
    if (isThere(`${directory}/${file.path}`)) yield file;
}

/**
 * Lists the annexed files of a tree, in its order; paths are from its top.
 * @param tree whatever git takes for a tree: a branch, a commit, `HEAD:directory`
 * Throws AnnexError('config') where there is no such tree.
 */
export async function* annexedFilesOfTree(
  repository: GitRepository,
  tree: string,
): AsyncGenerator<AnnexedFile> {
  yield* inBatches(repository, treeEntries(repository, tree));
}

async function* inBatches(
  repository: GitRepository,
  entries: AsyncIterable<TreeEntry>,
): AsyncGenerator<AnnexedFile> {
  let batch: TreeEntry[] = [];
  for await (const entry of entries) {
    batch.push(entry);
    if (batch.length < batchEntries) continue;
    yield* annexedOf(repository, batch);
    batch = [];
  }
  yield* annexedOf(repository, batch);
}

/** Without waiting: it takes a few microseconds a file. */
function isThere(path: ByteString): boolean {
  return lstatSync(Buffer.from(path, 'latin1'), { throwIfNoEntry: false }) !== undefined;
}

/** The key that a link's target or a pointer file's content leads to. */
export function keyOfPointer(content: ByteString, kind: 'link' | 'pointer'): Key | undefined {
  if (kind === 'link') {
    if (!content.includes('/annex/objects/') && !content.startsWith('annex/objects/')) return undefined;
    return parseKeyFile(content.slice(content.lastIndexOf('/') + 1));
  }
  const [first = '', ...others] = content.split('\n');
  const line = first.endsWith('\r') ? first.slice(0, -1) : first;
  if (!line.startsWith(pointerPrefix) || others.some((other) => other !== '' && !other.includes('/annex/'))) {
    return undefined;
  }
  return parseKeyFile(line.slice(pointerPrefix.length));
}

interface TreeEntry {
  readonly mode: string;
  readonly id: string;
  readonly path: ByteString;
}

async function* indexEntries({ cwd, path, everywhere = false }: SearchedPlace): AsyncGenerator<TreeEntry> {
  const list = ['ls-files', '-z', '--stage'];
  const which = path === undefined ? ['--', '.'] : ['--error-unmatch', '--', path];
  const args = everywhere ? [...list, '--', ':/'] : ['--literal-pathspecs', ...list, ...which];
  try {
    // Git finds the work tree by itself: this one may be a linked work tree with an index of its own.
    for await (const record of splitAtNUL(streamGit(args, { cwd }))) {
      const tab = record.indexOf('\t');
      const [mode = '', id = '', stage = ''] = record.slice(0, tab).split(' ');
      if (stage === '0') yield { mode, id, path: record.slice(tab + 1) };
    }
  } catch (error) {
    if (!(error instanceof Error) || !unknownPath.test(error.message)) throw error;
    throw new AnnexError('config', `${path ?? '.'} is not known to git: did you forget to add it?`, {
      cause: error,
    });
  }
}

async function* treeEntries(repository: GitRepository, tree: string): AsyncGenerator<TreeEntry> {
  const { stdout, exitCode } = await repository.run(
    ['rev-parse', '--verify', '--quiet', '--end-of-options', tree],
    { allow: [0, 1, 128] },
  );
  if (exitCode !== 0) throw new AnnexError('config', `not a tree that git knows: ${tree}`);
  const id = stdout.toString('latin1').trim().split('\n').at(-1) ?? '';
  for await (const record of splitAtNUL(repository.stream(['ls-tree', '-r', '-z', id]))) {
    const tab = record.indexOf('\t');
    const [mode = '', , blob = ''] = record.slice(0, tab).split(' ');
    yield { mode, id: blob, path: record.slice(tab + 1) };
  }
}

async function* annexedOf(
  repository: GitRepository,
  entries: readonly TreeEntry[],
): AsyncGenerator<AnnexedFile> {
  const small = await smallBlobs(repository, entries);
  const contents = await Promise.all(
    entries.map(async ({ id, mode }) =>
      mode === linkMode || small.has(id) ? await repository.objects.read(id) : undefined,
    ),
  );
  for (const [index, { path, mode }] of entries.entries()) {
    const content = contents[index];
    if (content === undefined) continue;
    const key = keyOfPointer(bytesToByteString(content.bytes), mode === linkMode ? 'link' : 'pointer');
    if (key !== undefined) yield { path, key, isLocked: mode === linkMode };
  }
}

/** Regular files that are short enough to be pointers; others are not worth reading. */
async function smallBlobs(
  repository: GitRepository,
  entries: readonly TreeEntry[],
): Promise<ReadonlySet<string>> {
  const ids = [...new Set(entries.filter(({ mode }) => mode.startsWith('100')).map(({ id }) => id))];
  if (ids.length === 0) return new Set();
  const { stdout } = await repository.run(['cat-file', '--batch-check=%(objectname) %(objectsize)'], {
    input: Buffer.from(`${ids.join('\n')}\n`),
  });
  const lines = stdout.toString('latin1').split('\n');
  return new Set(
    lines
      .map((line) => line.split(' '))
      .flatMap(([id, size]) => (Number(size) <= maxPointerBytes ? [id ?? ''] : [])),
  );
}

const unknownPath = /did not match any file|is outside repository|empty string is not a valid pathspec/;
const linkMode = '120000';
const pointerPrefix = '/annex/objects/';
export const maxPointerBytes = 32_768;
const batchEntries = 1000;

/**
 * The annexed files of a work tree's index: symbolic links into `annex/objects`, and pointer files (an unlocked file is
 * a small blob whose first line is `/annex/objects/KEYFILE`). Source: interop reference §2.2.
 */

import { AnnexError } from '../../types/annex-error.ts';
import { parseKeyFile } from '../../types/key-file.ts';
import type { Key } from '../../types/key.ts';
import { bytesToByteString, type ByteString } from '../../util/byte-string.ts';
import type { GitRepository } from '../git/git-repository.ts';
import { streamGit } from '../git/run-git.ts';

export interface AnnexedFile {
  /** Relative to the directory that was searched. */
  readonly path: ByteString;
  readonly key: Key;
}

/**
 * Lists annexed files in the order of the index.
 * @param options.cwd what `paths` are relative to
 * @param options.path a file or directory; none: everything below `cwd`
 * Throws AnnexError('config') where the path is not known to git.
 */
export async function* annexedFiles(
  repository: GitRepository,
  options: { readonly cwd: string; readonly path?: string | undefined },
): AsyncGenerator<AnnexedFile> {
  if (repository.workTree === undefined) {
    throw new AnnexError('config', 'a bare repository has no files: name keys with --key, or all with --all');
  }
  let batch: IndexEntry[] = [];
  for await (const entry of indexEntries(options)) {
    batch.push(entry);
    if (batch.length < batchEntries) continue;
    yield* annexedOf(repository, batch);
    batch = [];
  }
  yield* annexedOf(repository, batch);
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

interface IndexEntry {
  readonly mode: string;
  readonly id: string;
  readonly path: ByteString;
}

async function* indexEntries({
  cwd,
  path,
}: {
  readonly cwd: string;
  readonly path?: string | undefined;
}): AsyncGenerator<IndexEntry> {
  const which = path === undefined ? ['--', '.'] : ['--error-unmatch', '--', path];
  const args = ['--literal-pathspecs', 'ls-files', '-z', '--stage', ...which];
  let rest = '';
  try {
    // Git finds the work tree by itself: this one may be a linked work tree with an index of its own.
    for await (const chunk of streamGit(args, { cwd })) {
      const records = (rest + bytesToByteString(chunk)).split('\0');
      rest = records.pop() ?? '';
      for (const record of records) {
        const tab = record.indexOf('\t');
        const [mode = '', id = '', stage = ''] = record.slice(0, tab).split(' ');
        if (stage === '0') yield { mode, id, path: record.slice(tab + 1) };
      }
    }
  } catch (error) {
    if (!(error instanceof Error) || !error.message.includes('did not match any file')) throw error;
    throw new AnnexError('config', `${path ?? '.'} is not known to git: did you forget to add it?`, {
      cause: error,
    });
  }
}

async function* annexedOf(
  repository: GitRepository,
  entries: readonly IndexEntry[],
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
    if (key !== undefined) yield { path, key };
  }
}

/** Regular files that are short enough to be pointers; others are not worth reading. */
async function smallBlobs(
  repository: GitRepository,
  entries: readonly IndexEntry[],
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

const linkMode = '120000';
const pointerPrefix = '/annex/objects/';
const maxPointerBytes = 32_768;
const batchEntries = 1000;

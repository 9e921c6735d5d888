/**
 * The files or keys that a command acts on: those that are named, else all below the directory that it runs in; `--all`,
 * `--key` and `--branch` stand in for names. Listed in a stream, in git-annex's order.
 */

import { isAbsolute, relative, resolve } from 'node:path';
import { annexedFiles, annexedFilesOfTree } from '../node/annex/annexed-files.ts';
import type { OpenAnnex } from '../node/annex/open-annex.ts';
import { streamGit } from '../node/git/run-git.ts';
import { parseBranchPath } from '../logs/branch-path.ts';
import { AnnexError } from '../types/annex-error.ts';
import type { Key } from '../types/key.ts';
import {
  byteStringToText,
  bytesToByteString,
  textToByteString,
  type ByteString,
} from '../util/byte-string.ts';
import { keyOption } from './key-option.ts';
import type { MatchedFile, MatchedItem } from './matching/matched-item.ts';

export interface ItemChoice {
  readonly paths: readonly string[];
  readonly all?: boolean | undefined;
  readonly key?: string | undefined;
  readonly branch?: string | undefined;
}

export interface ChosenItem extends MatchedItem {
  /** The words of the command line that it comes from. */
  readonly input: readonly string[];
}

export interface ChoosingOptions {
  readonly cwd: string;
  /** A path that git does not know is a failure of its own; what else was named is listed all the same. */
  readonly unknown: (error: AnnexError) => void;
}

/** Throws AnnexError('config') where several ways of choosing are mixed, before anything is listed. */
export function checkChoice({ paths, all, key, branch }: ItemChoice): void {
  const given = [paths.length > 0, key !== undefined, all === true, branch !== undefined];
  if (given.filter((isGiven) => isGiven).length > 1)
    throw new AnnexError('config', 'only one of file names, --all, --branch and --key can be given');
}

/** Whether keys are chosen, whose files nobody names. */
export function choosesKeys(annex: OpenAnnex, { paths, all, key, branch }: ItemChoice): boolean {
  return all === true || key !== undefined || (annex.git.bare && paths.length === 0 && branch === undefined);
}

/** The items. Throws AnnexError('config') for what is no key, and no tree. */
export async function* chosenItems(
  annex: OpenAnnex,
  choice: ItemChoice,
  options: ChoosingOptions,
): AsyncGenerator<ChosenItem> {
  const { paths, key, branch } = choice;
  if (key !== undefined) yield chosenKey(key);
  else if (branch !== undefined) yield* itemsOfTree(annex, branch);
  else if (choosesKeys(annex, choice)) yield* allKeys(annex);
  else yield* itemsOfPaths(annex, paths, options);
}

/** A key that was named. Throws AnnexError('config') for what is none. */
export function chosenKey(text: string): ChosenItem {
  return { key: keyOption(text), input: [] };
}

/**
 * The annexed file of this very name; undefined for a directory, a file that is not annexed, and no file. It is called by
 * the name that was given, unless that leads out of the directory, as with git-annex.
 */
export async function fileNamed(
  annex: OpenAnnex,
  { cwd, path }: { readonly cwd: string; readonly path: string },
): Promise<ChosenItem | undefined> {
  const prefix = await prefixOf(cwd);
  // Git takes no path that leaves the work tree and comes back.
  const direct = relative(cwd, resolve(cwd, path));
  const wanted = joinPath(prefix, textToByteString(direct));
  try {
    for await (const file of annexedFiles(annex.git, { cwd, path: direct })) {
      const item = itemOf(file, prefix);
      if (item.file.topPath !== wanted) return undefined;
      const isBelow = !isAbsolute(path) && !path.split('/').includes('..');
      const called = isBelow ? textToByteString(path) : file.path;
      return { ...item, file: { ...item.file, path: called }, input: [path] };
    }
  } catch (error) {
    if (!(error instanceof AnnexError) || error.code !== 'config') throw error;
  }
  return undefined;
}

async function* itemsOfTree(annex: OpenAnnex, branch: string): AsyncGenerator<ChosenItem> {
  for await (const { path, key, isLocked } of annexedFilesOfTree(annex.git, branch))
    yield { key, file: { path, topPath: path, isLocked, isInTree: true }, input: [] };
}

/** Keys that some repository has, or had. */
async function* allKeys(annex: OpenAnnex): AsyncGenerator<ChosenItem> {
  for await (const path of annex.branch.list()) {
    const found = parseBranchPath(path);
    if (found.type === 'key' && found.log === 'location') yield { key: found.key, input: [] };
  }
}

/** What several paths name is listed once. */
async function* itemsOfPaths(
  annex: OpenAnnex,
  paths: readonly string[],
  { cwd, unknown }: ChoosingOptions,
): AsyncGenerator<ChosenItem> {
  const seen = new Set<ByteString>();
  const prefix = annex.git.workTree === undefined ? '' : await prefixOf(cwd);
  for (const path of paths.length > 0 ? paths : [undefined]) {
    try {
      for await (const file of annexedFiles(annex.git, { cwd, path })) {
        if (paths.length > 1) {
          if (seen.has(file.path)) continue;
          seen.add(file.path);
        }
        yield { ...itemOf(file, prefix), input: [path ?? byteStringToText(file.path)] };
      }
    } catch (error) {
      if (!(error instanceof AnnexError) || error.code !== 'config') throw error;
      unknown(error);
    }
  }
}

function itemOf(
  { path, key, isLocked }: { readonly path: ByteString; readonly key: Key; readonly isLocked: boolean },
  prefix: ByteString,
): MatchedItem & { readonly file: MatchedFile } {
  return { key, file: { path, topPath: joinPath(prefix, path), isLocked } };
}

/** The directory from the top of the work tree; empty, or with a slash at its end. */
async function prefixOf(cwd: string): Promise<ByteString> {
  let output = '';
  for await (const chunk of streamGit(['rev-parse', '--show-prefix'], { cwd }))
    output += bytesToByteString(chunk);
  return output.replace(/\n$/, '');
}

/** A path that may begin with `../`, seen from the top. */
function joinPath(prefix: ByteString, path: ByteString): ByteString {
  const components: ByteString[] = [];
  for (const component of `${prefix}${path}`.split('/')) {
    if (component === '..') components.pop();
    else if (component !== '.' && component !== '') components.push(component);
  }
  return components.join('/');
}

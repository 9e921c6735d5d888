/** `annexus metadata`, as git-annex's: shows and changes what people recorded of the content of files. */

import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { foldFieldName } from '../logs/family/metadata-log.ts';
import type { MetaDataEdit } from '../logs/metadata-edit.ts';
import { parseMetaDataWithTimes } from '../logs/metadata-log.ts';
import type { OpenAnnex } from '../node/annex/open-annex.ts';
import { AnnexError } from '../types/annex-error.ts';
import { byteStringToBytes, type ByteString } from '../util/byte-string.ts';
import { checkChoice, choosesKeys, chosenItems } from './items.ts';
import { useMatcher } from './matching/item-matcher.ts';
import { Limits } from './matching/limits.ts';
import type { MatchingOptions } from './matching/matching-options.ts';
import { metadataBatch } from './metadata-batch.ts';
import { metadataPath, metadataShower } from './metadata-item.ts';
import { fieldOption } from './metadata-options.ts';
import { Report, type OutputOptions } from './report.ts';
import type { Terminal } from './terminal.ts';
import { withAnnex } from './with-annex.ts';

export interface MetaDataOptions extends OutputOptions, MatchingOptions {
  /** Prints the values of one field, and nothing else. */
  readonly get?: string | undefined;
  /** In the order of the command line. */
  readonly edits: readonly MetaDataEdit[];
  readonly key?: string | undefined;
  readonly all?: boolean | undefined;
  readonly batch?: boolean | undefined;
  /** Lets edits go through the whole work tree. */
  readonly force?: boolean | undefined;
}

export async function metadata(
  paths: readonly string[],
  options: MetaDataOptions,
  terminal: Terminal,
): Promise<number> {
  checkOptions(paths, options);
  const { get, edits, key, all } = options;
  const field = get === undefined ? undefined : fieldOption('-g', get);
  const report = new Report('metadata', options, terminal);
  return await withAnnex(terminal, async (annex) => {
    const show = metadataShower(
      annex,
      report,
      (await annex.git.config()).getBool('core.quotepath') !== false,
    );
    if (options.batch === true) {
      await metadataBatch({ annex, terminal, show });
      return report.finish();
    }
    if (edits.length > 0 && options.force !== true && key === undefined && all !== true)
      await refuseWholeTree(annex, paths, terminal);
    const limits = new Limits(options, terminal);
    const choice = { paths, all, key };
    const unknown = (error: AnnexError): void => report.failure(error);
    const items = chosenItems(annex, choice, { cwd: terminal.cwd, unknown });
    const actsOnKeys = choosesKeys(annex, choice);
    await useMatcher(annex, { ...options, otherwise: 'anything', actsOnKeys, terminal }, async (matcher) => {
      for await (const item of limits.within(matcher.filter(items))) {
        if (field === undefined) await show(item, item.input, edits);
        else printValues(await annex.branch.read(await metadataPath(annex, item.key)), { field, terminal });
      }
    });
    return limits.exitStatus(report.finish());
  });
}

function checkOptions(paths: readonly string[], options: MetaDataOptions): void {
  const { batch, edits, get, json, jsonErrorMessages, key, all } = options;
  checkChoice({ paths, key, all });
  if (get !== undefined && edits.length > 0)
    throw new AnnexError('config', '--get cannot be combined with changes');
  if (batch !== true) return;
  if (json !== true && jsonErrorMessages !== true)
    throw new AnnexError('config', '--batch is currently only supported in --json mode');
  if (paths.length > 0 || key !== undefined || all === true)
    throw new AnnexError('config', 'Cannot combine batch option with file or key options');
}

/** A change that nobody meant for every file is hard to take back. */
async function refuseWholeTree(
  { git }: OpenAnnex,
  paths: readonly string[],
  { cwd }: Terminal,
): Promise<void> {
  const real = async (path: string): Promise<string> => await realpath(path).catch(() => path);
  const top = git.workTree === undefined ? undefined : await real(git.workTree);
  const given = await Promise.all(paths.map(async (path) => await real(resolve(cwd, path))));
  if (paths.length === 0 || given.some((path) => path === top)) {
    throw new AnnexError('config', 'Not recursively setting metadata. Use --force to do that.');
  }
}

function printValues(
  content: ByteString | undefined,
  { field, terminal }: { readonly field: ByteString; readonly terminal: Terminal },
): void {
  const folded = foldFieldName(field);
  for (const [name, values] of parseMetaDataWithTimes(content ?? '')) {
    if (foldFieldName(name) !== folded) continue;
    for (const value of values) terminal.out(byteStringToBytes(`${value}\n`));
  }
}

/** `annexus whereis`, as git-annex's: which repositories are known to have the content of files or keys. */

import { describeRepositories, type Repositories } from '../node/annex/repositories.ts';
import type { OpenAnnex } from '../node/annex/open-annex.ts';
import { isClusterUUID } from '../types/cluster-uuid.ts';
import type { Key } from '../types/key.ts';
import type { UUID } from '../types/uuid.ts';
import { byteStringToText } from '../util/byte-string.ts';
import { checkChoice, choosesKeys, chosenItems, type ChosenItem } from './items.ts';
import { useMatcher } from './matching/item-matcher.ts';
import { Limits } from './matching/limits.ts';
import type { MatchingOptions } from './matching/matching-options.ts';
import { quotePath } from './quote-path.ts';
import { Report, type ItemResult, type OutputOptions } from './report.ts';
import type { Terminal } from './terminal.ts';
import { titled } from './titled.ts';
import { withAnnex } from './with-annex.ts';

export interface WhereisOptions extends OutputOptions, MatchingOptions {
  readonly key?: string | undefined;
  readonly all?: boolean | undefined;
  readonly branch?: string | undefined;
}

export async function whereis(
  paths: readonly string[],
  options: WhereisOptions,
  terminal: Terminal,
): Promise<number> {
  const choice = { paths, ...options };
  checkChoice(choice);
  const report = new Report('whereis', options, terminal);
  return await withAnnex(terminal, async (annex) => {
    const repositories = await describeRepositories(annex);
    const quoteNonASCII = (await annex.git.config()).getBool('core.quotepath') !== false;
    const limits = new Limits(options, terminal);
    const items = chosenItems(annex, choice, {
      cwd: terminal.cwd,
      unknown: (error) => report.failure(error),
    });
    const show = async ({ key, file, input }: ChosenItem): Promise<void> => {
      // What a tree calls a file is no name of one here.
      const tree = options.branch === undefined ? '' : `${options.branch}:`;
      await report.item(`${tree}${quotePath(file?.path ?? key, { quoteNonASCII })}`, input, async () => {
        const result = await locate(annex, key, repositories);
        const named = file === undefined || tree !== '' ? {} : { file: byteStringToText(file.path) };
        return { ...result, fields: { key: byteStringToText(key), ...named, ...result.fields } };
      });
    };
    const actsOnKeys = choosesKeys(annex, choice);
    const matching = { ...options, otherwise: 'anything', actsOnKeys, terminal } as const;
    await useMatcher(annex, matching, async (matcher) => {
      for await (const item of limits.within(matcher.filter(items))) await show(item);
    });
    return limits.exitStatus(report.finish());
  });
}

/** Clusters are listed, since content can be had from them, and are no copies. */
async function locate(annex: OpenAnnex, key: Key, repositories: Repositories): Promise<ItemResult> {
  const locations = await annex.locations.locations(key);
  const isUntrusted = (uuid: UUID): boolean => repositories.trust(uuid) === 'untrusted';
  const trusted = locations.filter((uuid) => !isUntrusted(uuid));
  const untrusted = locations.filter(isUntrusted);
  const count = trusted.filter((uuid) => !isClusterUUID(uuid)).length;
  const title = `${count} ${count === 1 ? 'copy' : 'copies'}`;
  const lines = (uuids: readonly UUID[]): string =>
    uuids.map((uuid) => `\t${titled(uuid, repositories.title(uuid))}\n`).join('');
  const rest =
    untrusted.length === 0
      ? ''
      : `\nThe following untrusted locations may also have copies:\n${lines(untrusted)}`;
  const body = lines(trusted) + rest;
  const entry = (uuid: UUID): object => ({
    description: repositories.description(uuid),
    here: uuid === annex.uuid,
    urls: [],
    uuid,
  });
  return {
    success: trusted.length > 0,
    note: body === '' ? `(${title}) ` : `(${title}) \n${body.replace(/^(?=.)/gm, '  ')}`,
    fields: {
      note: body === '' ? title : `${title}\n${body}`,
      whereis: trusted.map(entry),
      untrusted: untrusted.map(entry),
    },
  };
}

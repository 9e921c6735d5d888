/** `annexus whereis`, as git-annex's: which repositories are known to have the content of files or keys. */

import { annexedFiles } from '../node/annex/annexed-files.ts';
import { describeRepositories, type Repositories } from '../node/annex/repositories.ts';
import type { OpenAnnex } from '../node/annex/open-annex.ts';
import { parseBranchPath } from '../logs/branch-path.ts';
import { isClusterUUID } from '../types/cluster-uuid.ts';
import { AnnexError } from '../types/annex-error.ts';
import { parseKey, type Key } from '../types/key.ts';
import type { UUID } from '../types/uuid.ts';
import { byteStringToText, textToByteString, type ByteString } from '../util/byte-string.ts';
import { quotePath } from './quote-path.ts';
import { Report, type ItemResult, type OutputOptions } from './report.ts';
import type { Terminal } from './terminal.ts';
import { titled } from './titled.ts';
import { withAnnex } from './with-annex.ts';

export interface WhereisOptions extends OutputOptions {
  readonly key?: string | undefined;
  readonly all?: boolean | undefined;
}

export async function whereis(
  paths: readonly string[],
  options: WhereisOptions,
  terminal: Terminal,
): Promise<number> {
  const given = [paths.length > 0, options.key !== undefined, options.all === true];
  if (given.filter((isGiven) => isGiven).length > 1)
    throw new AnnexError('config', 'only one of file names, --all and --key can be given');
  const report = new Report('whereis', options, terminal);
  return await withAnnex(terminal, async (annex) => {
    const repositories = await describeRepositories(annex);
    const quoteNonASCII = (await annex.git.config()).getBool('core.quotepath') !== false;
    const show = async (key: Key, input: readonly string[], file?: ByteString): Promise<void> => {
      await report.item(quotePath(file ?? key, { quoteNonASCII }), input, async () => {
        const result = await locate(annex, key, repositories);
        const named = file === undefined ? {} : { file: byteStringToText(file) };
        return { ...result, fields: { key: byteStringToText(key), ...named, ...result.fields } };
      });
    };
    if (options.key !== undefined) {
      await show(wantedKey(options.key), []);
    } else if (options.all === true || (annex.git.bare && paths.length === 0)) {
      for await (const path of annex.branch.list()) {
        const found = parseBranchPath(path);
        if (found.type === 'key' && found.log === 'location') await show(found.key, []);
      }
    } else {
      const seen = new Set<ByteString>();
      const showOnce: typeof show = async (key, input, file) => {
        if (file !== undefined && paths.length > 1) {
          if (seen.has(file)) return;
          seen.add(file);
        }
        await show(key, input, file);
      };
      for (const path of paths.length > 0 ? paths : [undefined]) {
        await eachFile(annex, { cwd: terminal.cwd, path }, report, showOnce);
      }
    }
    return report.finish();
  });
}

/** A path that git does not know is a failure of its own; the others are shown. */
async function eachFile(
  annex: OpenAnnex,
  where: { readonly cwd: string; readonly path: string | undefined },
  report: Report,
  show: (key: Key, input: readonly string[], file: ByteString) => Promise<void>,
): Promise<void> {
  try {
    for await (const { path, key } of annexedFiles(annex.git, where)) {
      await show(key, [where.path ?? byteStringToText(path)], path);
    }
  } catch (error) {
    if (!(error instanceof AnnexError) || error.code !== 'config') throw error;
    report.failure(error);
  }
}

function wantedKey(text: string): Key {
  const key = parseKey(textToByteString(text));
  if (key === undefined) throw new AnnexError('config', `not a key: ${text}`);
  return key;
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

/** What `numcopies` and `mincopies` have in common: they print the number that is set, or set it. */

import { changeCopiesLog, parseCopiesLog } from '../logs/copies-log.ts';
import { parseHaskellInteger } from '../logs/haskell-integer.ts';
import { changeSetting } from '../node/annex/repository-setting.ts';
import { AnnexError } from '../types/annex-error.ts';
import { byteStringToText, textToByteString } from '../util/byte-string.ts';
import { Report, type OutputOptions } from './report.ts';
import type { Terminal } from './terminal.ts';
import { withAnnex } from './with-annex.ts';

export type CopiesCommand = 'numcopies' | 'mincopies';

/** @param options.words the number, or nothing */
export async function copiesCommand(
  command: CopiesCommand,
  { words, ...options }: OutputOptions & { readonly words: readonly string[] },
  terminal: Terminal,
): Promise<number> {
  const [text] = words;
  if (words.length > 1) throw new AnnexError('config', 'Specify a single number.');
  const report = new Report(command, options, terminal);
  const log = `${command}.log`;
  return await withAnnex(terminal, async (annex) => {
    if (text !== undefined) {
      const copies = parseCopies(command, text);
      await report.item(String(copies), [text], async () => {
        await changeSetting(annex, { log }, (old = '') =>
          parseCopiesLog(old) === copies
            ? undefined
            : changeCopiesLog(old, { copies, nowSeconds: annex.nowSeconds() }),
        );
        return { success: true };
      });
      return report.finish();
    }
    const copies = parseCopiesLog((await annex.branch.read(log)) ?? '');
    if (copies !== undefined) report.alwaysLine(String(copies));
    else {
      report.alwaysLine(`global ${command} is not set`);
      const local = command === 'numcopies' ? (await annex.git.config()).get('annex.numcopies') : undefined;
      if (local !== undefined) {
        report.alwaysLine(
          `(deprecated git config annex.numcopies is set to ${byteStringToText(local)} locally)`,
        );
      } else if (command === 'numcopies') report.alwaysLine('(default is 1)');
    }
    return report.finish();
  });
}

/** What follows the number says nothing, as with git-annex. */
function parseCopies(command: CopiesCommand, text: string): number {
  const number = parseHaskellInteger(textToByteString(text));
  if (number === undefined || number > maxCopies) throw new AnnexError('config', `Bad number: ${text}`);
  if (number === 0n) throw new AnnexError('config', `Cannot set ${command} to 0.`);
  if (number < 0n) throw new AnnexError('config', `${command} cannot be negative!`);
  return Number(number);
}

const maxCopies = BigInt(Number.MAX_SAFE_INTEGER);

/** `annexus dead REPOSITORY...` and `annexus dead --key KEY...`, as git-annex's: known to be lost for good. */

import { locationLogPath } from '../logs/branch-path.ts';
import { markDeadLocationLog } from '../logs/location-log.ts';
import type { OpenAnnex } from '../node/annex/open-annex.ts';
import { AnnexError } from '../types/annex-error.ts';
import type { Key } from '../types/key.ts';
import { byteStringToText } from '../util/byte-string.ts';
import { changeGroups } from './group-membership.ts';
import { keyOption } from './key-option.ts';
import { Report, type ItemResult, type OutputOptions } from './report.ts';
import type { Terminal } from './terminal.ts';
import { trustCommand } from './trust-command.ts';
import { withAnnex } from './with-annex.ts';

export interface DeadOptions extends OutputOptions {
  readonly key?: readonly string[] | undefined;
}

export async function dead(
  names: readonly string[],
  { key: keyTexts, ...options }: DeadOptions,
  terminal: Terminal,
): Promise<number> {
  if (keyTexts === undefined) {
    return await trustCommand(
      { command: 'dead', trust: 'dead', also: leaveGroups },
      { ...options, names },
      terminal,
    );
  }
  const keys = keyTexts.map(keyOption);
  if (names.length > 0) throw new AnnexError('config', 'either repositories or keys can be given, not both');
  const report = new Report('dead', options, terminal);
  return await withAnnex(terminal, async (annex) => {
    for (const key of keys) {
      await report.item(byteStringToText(key), [], async () => await markDead(annex, key));
    }
    return report.finish();
  });
}

/** A repository that is gone would otherwise count where an expression counts the members of a group. */
async function leaveGroups(annex: OpenAnnex, uuid: Parameters<typeof changeGroups>[1]): Promise<void> {
  await changeGroups(annex, uuid, () => []);
}

async function markDead(annex: OpenAnnex, key: Key): Promise<ItemResult> {
  const fields = { key: byteStringToText(key) };
  if ((await annex.locations.locations(key)).length > 0) {
    const error = 'This key is still known to be present in some locations; not marking as dead.';
    return { success: false, error, fields };
  }
  const path = locationLogPath(key, { oneLevel: await annex.locations.oneLevel() });
  await annex.branch.change(path, (old) => markDeadLocationLog(old ?? ''));
  return { success: true, fields };
}

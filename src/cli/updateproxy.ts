/** `annexus updateproxy`, as git-annex's: records in the git-annex branch what this repository proxies for. */

import type { OpenAnnex } from '../node/annex/open-annex.ts';
import type { RefusedRemote } from '../node/annex/proxyable.ts';
import { updateProxyRecords } from '../node/annex/update-proxy.ts';
import { byteStringToText } from '../util/byte-string.ts';
import { Report, type OutputOptions } from './report.ts';
import type { Terminal } from './terminal.ts';
import { withAnnex } from './with-annex.ts';

export async function updateProxy(options: OutputOptions, terminal: Terminal): Promise<number> {
  const report = new Report('updateproxy', options, terminal);
  return await withAnnex(terminal, async (annex) => {
    await reportProxyChanges(annex, report);
    return report.finish();
  });
}

export async function reportProxyChanges(annex: OpenAnnex, report: Report): Promise<void> {
  const { changes, refused } = await updateProxyRecords(annex);
  reportRefused(refused, { report, consequence: 'Cannot proxy to this remote.' });
  for (const { name, started } of changes) {
    report.alwaysLine(`${started ? 'Started' : 'Stopped'} proxying for ${byteStringToText(name)}`);
  }
  if (changes.length === 0) report.alwaysLine('No proxy changes to record.');
}

/** In git-annex's words. */
export function reportRefused(
  refused: readonly RefusedRemote[],
  { report, consequence }: { readonly report: Report; readonly consequence: string },
): void {
  for (const { name, reason, suggestion } of refused) {
    const advice = suggestion === undefined ? '' : ` Suggest you run: ${byteStringToText(suggestion)}`;
    report.warning(`${byteStringToText(name)} ${reason}. ${consequence}${advice}`);
  }
}

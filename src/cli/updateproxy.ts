/** `annexus updateproxy`, as git-annex's: records in the git-annex branch what this repository proxies for. */

import type { OpenAnnex } from '../node/annex/open-annex.ts';
import { updateProxyRecords } from '../node/annex/update-cluster.ts';
import { byteStringToText } from '../util/byte-string.ts';
import { Report, type OutputOptions } from './report.ts';
import type { Terminal } from './terminal.ts';
import { withAnnex } from './with-annex.ts';

export async function updateProxy(options: OutputOptions, terminal: Terminal): Promise<number> {
  const report = new Report('updateproxy', options, terminal);
  return await withAnnex(terminal, async (annex) => {
    await reportProxyChanges(annex, report, terminal);
    return report.finish();
  });
}

export async function reportProxyChanges(
  annex: OpenAnnex,
  report: Report,
  terminal: Terminal,
): Promise<void> {
  const { started, stopped, skipped } = await updateProxyRecords(annex);
  for (const { name, reason } of skipped) {
    terminal.err(`annexus: cannot proxy for ${byteStringToText(name)}: ${reason}\n`);
  }
  for (const name of started) report.line(`Started proxying for ${byteStringToText(name)}`);
  for (const name of stopped) report.line(`Stopped proxying for ${byteStringToText(name)}`);
  if (started.length + stopped.length === 0) report.line('No proxy changes to record.');
}

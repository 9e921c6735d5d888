/** `annexus init [DESCRIPTION]`, as git-annex's. */

import { defaultDescription } from '../node/annex/initialize.ts';
import { initializeAnnex } from '../node/annex/initialize-annex.ts';
import { systemClock, systemRng } from '../node/clock.ts';
import { openGitRepository } from '../node/git/git-repository.ts';
import { textToByteString } from '../util/byte-string.ts';
import { Report, type OutputOptions } from './report.ts';
import type { Terminal } from './terminal.ts';

export async function init(
  description: string | undefined,
  options: OutputOptions,
  terminal: Terminal,
): Promise<number> {
  const report = new Report('init', options, terminal);
  await report.item(description ?? '', [], async () => {
    const git = await openGitRepository(terminal.cwd);
    try {
      await initializeAnnex(git, {
        description: description === undefined ? undefined : textToByteString(description),
        fallbackDescription: textToByteString(defaultDescription(git)),
        clock: systemClock,
        rng: systemRng,
        events: () => undefined,
      });
      return { success: true };
    } finally {
      await git.close();
    }
  });
  return report.finish();
}

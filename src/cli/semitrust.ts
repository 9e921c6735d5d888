/** `annexus semitrust REPOSITORY...`, as git-annex's: back to the trust level that repositories have by default. */

import type { OutputOptions } from './report.ts';
import type { Terminal } from './terminal.ts';
import { trustCommand } from './trust-command.ts';

export async function semitrust(
  names: readonly string[],
  options: OutputOptions,
  terminal: Terminal,
): Promise<number> {
  const command = { command: 'semitrust', trust: 'semitrusted' } as const;
  return await trustCommand(command, { ...options, names }, terminal);
}

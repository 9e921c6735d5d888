/** `annexus untrust REPOSITORY...`, as git-annex's: what they have is no copy. */

import type { OutputOptions } from './report.ts';
import type { Terminal } from './terminal.ts';
import { trustCommand } from './trust-command.ts';

export async function untrust(
  names: readonly string[],
  options: OutputOptions,
  terminal: Terminal,
): Promise<number> {
  const command = { command: 'untrust', trust: 'untrusted' } as const;
  return await trustCommand(command, { ...options, names }, terminal);
}

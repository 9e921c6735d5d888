/** `annexus wanted REPOSITORY [EXPRESSION]`, as git-annex's: the content that a repository should have. */

import { expressionCommand, ofRepository } from './expression-command.ts';
import type { OutputOptions } from './report.ts';
import type { Terminal } from './terminal.ts';

export async function wanted(
  words: readonly string[],
  options: OutputOptions,
  terminal: Terminal,
): Promise<number> {
  const command = { command: 'wanted', ...ofRepository('preferred-content.log') } as const;
  return await expressionCommand(command, { ...options, words }, terminal);
}

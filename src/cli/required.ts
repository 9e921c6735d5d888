/** `annexus required REPOSITORY [EXPRESSION]`, as git-annex's: the content that a repository must have. */

import { expressionCommand, ofRepository } from './expression-command.ts';
import type { OutputOptions } from './report.ts';
import type { Terminal } from './terminal.ts';

export async function required(
  words: readonly string[],
  options: OutputOptions,
  terminal: Terminal,
): Promise<number> {
  const command = { command: 'required', ...ofRepository('required-content.log') } as const;
  return await expressionCommand(command, { ...options, words }, terminal);
}

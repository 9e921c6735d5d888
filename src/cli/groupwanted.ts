/** `annexus groupwanted GROUP [EXPRESSION]`, as git-annex's: what `groupwanted` stands for in a group's repositories. */

import {
  changeGroupPreferredContentLog,
  parseGroupPreferredContentLog,
} from '../logs/group-preferred-content-log.ts';
import { textToByteString } from '../util/byte-string.ts';
import { expressionCommand, type ExpressionCommand } from './expression-command.ts';
import type { OutputOptions } from './report.ts';
import type { Terminal } from './terminal.ts';

export async function groupWanted(
  words: readonly string[],
  options: OutputOptions,
  terminal: Terminal,
): Promise<number> {
  return await expressionCommand(command, { ...options, words }, terminal);
}

const command: ExpressionCommand = {
  command: 'groupwanted',
  log: 'group-preferred-content.log',
  usage: 'Specify a group.',
  locate: (annex, name) => {
    const group = textToByteString(name);
    return Promise.resolve({
      concerned: ({ members }) => [...(members.get(group) ?? [])],
      read: (content) => parseGroupPreferredContentLog(content).get(group),
      change: (content, expression) =>
        changeGroupPreferredContentLog(content, { group, expression, nowSeconds: annex.nowSeconds() }),
    });
  },
};

/**
 * The command line: names and options of every command, as git-annex has them where it has them. Each command's code is
 * imported when it runs and not before, so that `--help` and small commands start fast.
 *
 * Exit status: 0 done, 1 something failed or a wrong word on the command line (as git-annex).
 */

import { Command, CommanderError } from 'commander';
import type { Registration } from './common-options.ts';
import { addConfiguration } from './configuration-commands.ts';
import { addQueries } from './query-commands.ts';
import { addServers } from './server-commands.ts';
import { addSetup } from './setup-commands.ts';
import type { Terminal } from './terminal.ts';
import { addTokens } from './token-commands.ts';
import { version } from './version.ts';

/** Runs one command line (without the program's name) and gives the exit status. */
export async function runCommandLine(argv: readonly string[], terminal: Terminal): Promise<number> {
  let status = 0;
  const program = buildProgram({
    terminal,
    done: (exitStatus) => {
      status = exitStatus;
    },
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 1;
    terminal.err(`annexus: ${error instanceof Error ? error.message : String(error)}\n`);
    if (terminal.env['ANNEXUS_DEBUG'] !== undefined && error instanceof Error)
      terminal.err(`${error.stack}\n`);
    return 1;
  }
}

function buildProgram(registration: Registration): Command {
  const { terminal } = registration;
  const program = new Command('annexus')
    .description('The gateway for git-annex: many repositories and object stores as one place.')
    .version(version)
    .exitOverride()
    .configureOutput({
      writeOut: terminal.out,
      writeErr: terminal.err,
      outputError: (text) => terminal.err(`annexus: ${oneLine(text)}\n`),
    });
  addServers(program, registration);
  addTokens(program, registration);
  addSetup(program, registration);
  addQueries(program, registration);
  addConfiguration(program, registration);
  return program;
}

/** Commander's errors begin with a word of their own, and may have a suggestion on a second line. */
function oneLine(text: string): string {
  return text
    .trim()
    .replace(/^error: /, '')
    .replace(/\s*\n\s*/g, ' ');
}

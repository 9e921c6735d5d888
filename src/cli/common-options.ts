/** What the registrations of commands have in common. */

import { InvalidArgumentError, type Command } from 'commander';
import { parseJobs, type Jobs } from '../node/gateway/jobs.ts';
import type { Terminal } from './terminal.ts';

/** What a command's action works with. */
export interface Registration {
  readonly terminal: Terminal;
  /** Takes the exit status. */
  readonly done: (exitStatus: number) => void;
}

export function withQuiet(command: Command): Command {
  return command.option('-q, --quiet', 'no output but errors');
}

export function withOutput(command: Command): Command {
  return withQuiet(command)
    .option('-j, --json', 'one JSON object a line')
    .option('--json-error-messages', 'errors within the JSON objects');
}

export function gather(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

export function portNumber(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535)
    throw new InvalidArgumentError('a port is a number from 0 to 65535.');
  return port;
}

export function naturalNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('a number is wanted.');
  return Number(text);
}

export function jobs(text: string): Jobs {
  const found = parseJobs(text);
  if (found === undefined) throw new InvalidArgumentError('a number from 1 is wanted, or cpus.');
  return found;
}

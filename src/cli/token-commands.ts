/** The command that makes tokens, and its parts. */

import { InvalidArgumentError, Option, type Command } from 'commander';
import { roles } from '../p2p/http/permission/role.ts';
import { gather, type Registration } from './common-options.ts';
import type { CreateTokenOptions, TokenOptions } from './token.ts';

export function addTokens(program: Command, { terminal, done }: Registration): void {
  const token = program
    .command('token')
    .description('tokens that `annexus serve` lets in, in place of a password');
  withFile(token.command('create'))
    .description('make a token, and print it this once')
    .requiredOption('--user <name>', 'whose token it is: it gives no more than the rules give this user')
    .addOption(
      new Option('--scope <role>', 'the most that it gives').choices(roles).makeOptionMandatory(true),
    )
    .option('--repository <glob>', 'where it counts, everywhere if not given; any number of times', gather)
    .option('--expires <time>', 'after which it counts no more: 12h, 30d, 8w, 1y', duration)
    .action(async (options: CreateTokenOptions) => {
      const { tokenCreate } = await import('./token.ts');
      done(await tokenCreate(options, terminal));
    });
  withFile(token.command('list'))
    .description('what tokens there are')
    .action(async (options: TokenOptions) => {
      const { tokenList } = await import('./token.ts');
      done(await tokenList(options, terminal));
    });
  withFile(token.command('revoke'))
    .description('let tokens count no more, in running servers too')
    .argument('<id...>')
    .action(async (ids: readonly string[], options: TokenOptions) => {
      const { tokenRevoke } = await import('./token.ts');
      done(await tokenRevoke(ids, options, terminal));
    });
}

function withFile(command: Command): Command {
  return command
    .requiredOption('--file <tokens>', 'the file that keeps them')
    .option('-j, --json', 'one JSON object a line');
}

/** @returns milliseconds */
function duration(text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,5})([mhdwy])$/.exec(text) ?? [];
  const unitMs = unitsMs[unit];
  if (unitMs === undefined || Number(count) === 0)
    throw new InvalidArgumentError('a number with m, h, d, w or y is wanted, such as 30d.');
  return Number(count) * unitMs;
}

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const unitsMs: Readonly<Record<string, number>> = {
  m: minuteMs,
  h: 60 * minuteMs,
  d: dayMs,
  w: 7 * dayMs,
  y: 365 * dayMs,
};

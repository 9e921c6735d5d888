/** The options of servers that say how one sees what happens. */

import { Option, type Command } from 'commander';

export interface ObserveFlags {
  readonly debug?: boolean | undefined;
  /** On standard error. */
  readonly logFormat?: 'text' | 'json' | undefined;
  readonly logFile?: string | undefined;
  readonly metrics?: boolean | undefined;
  readonly status?: boolean | undefined;
}

export function withObservation(command: Command): Command {
  return command
    .option('-d, --debug', 'tell all that happens')
    .addOption(
      new Option('--log-format <format>', 'what is told on standard error')
        .choices(['text', 'json'])
        .default('text'),
    )
    .option(
      '--log-file <file>',
      'append what is told to this file, too, as JSON lines (opened anew at SIGHUP)',
    )
    .option('--metrics', 'serve metrics for Prometheus at /metrics, to those who may read')
    .option('--status', 'serve a status page at /status, to those who may read');
}

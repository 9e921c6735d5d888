/** `annexus trust REPOSITORY...`, as git-annex's: wants `--force`, since content that only it has counts as kept. */

import type { OutputOptions } from './report.ts';
import type { Terminal } from './terminal.ts';
import { trustCommand } from './trust-command.ts';

export interface TrustOptions extends OutputOptions {
  readonly force?: boolean | undefined;
}

export async function trust(
  names: readonly string[],
  options: TrustOptions,
  terminal: Terminal,
): Promise<number> {
  const objection = (name: string): string | undefined => (options.force === true ? undefined : danger(name));
  return await trustCommand(
    { command: 'trust', trust: 'trusted', objection },
    { ...options, names },
    terminal,
  );
}

function danger(name: string): string {
  return `Trusting a repository can lead to data loss. If you're sure you know what you're doing, use --force to make this take effect. If you choose to do so, bear in mind that any time you drop content from ${name}, you will risk losing data.`;
}

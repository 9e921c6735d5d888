/**
 * `annexus pre-receive`: what a gateway's pre-receive hook runs under `annexus.lockdown` (`annexus lockdown on` puts it
 * there). Reads git's lines from standard input; exit status 1 refuses the whole push, and says why to who pushed.
 */

import process from 'node:process';
import { openGitRepository } from '../node/git/git-repository.ts';
import { parsePushedRefs, quarantineEnvironment, refusedRefs } from '../node/branch/pushed-refs.ts';
import { byteStringToText } from '../util/byte-string.ts';
import type { Terminal } from './terminal.ts';

export async function preReceive(terminal: Terminal): Promise<number> {
  let input = '';
  process.stdin.setEncoding('latin1');
  for await (const text of process.stdin as AsyncIterable<string>) input += text;
  const repository = await openGitRepository(terminal.cwd);
  try {
    const refused = await refusedRefs(
      repository,
      parsePushedRefs(input),
      quarantineEnvironment(terminal.env),
    );
    for (const text of refused) terminal.err(`annexus: ${byteStringToText(text)}\n`);
    return refused.length === 0 ? 0 : 1;
  } finally {
    await repository.close();
  }
}

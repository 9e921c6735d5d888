/**
 * `annexus lockdown`: guards the configuration of this gateway's clusters against whoever may push (off by default).
 *
 *     annexus lockdown on --signers FILE    from now on such changes must be signed by a key that FILE lists
 *     annexus lockdown off
 *     annexus lockdown                      says how it stands
 *     annexus lockdown sign                 signs the git-annex branch of this repository, to be pushed
 */

import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import process from 'node:process';
import { AnnexError } from '../types/annex-error.ts';
import { bytesToByteString, byteStringToText, textToByteString } from '../util/byte-string.ts';
import { readFileIfAny } from '../node/branch/annex-files.ts';
import { openGitRepository, type GitRepository } from '../node/git/git-repository.ts';
import type { Terminal } from './terminal.ts';

export interface LockdownOptions {
  readonly signers?: string | undefined;
}

export async function lockdown(
  action: string | undefined,
  options: LockdownOptions,
  terminal: Terminal,
): Promise<number> {
  const repository = await openGitRepository(terminal.cwd);
  try {
    if (action === 'on') await turnOn(repository, options, terminal);
    else if (action === 'off') await turnOff(repository);
    else if (action === 'sign') await sign(repository);
    await tellState(repository, action, terminal);
    return 0;
  } finally {
    await repository.close();
  }
}

async function turnOn(
  repository: GitRepository,
  options: LockdownOptions,
  terminal: Terminal,
): Promise<void> {
  if (options.signers !== undefined) {
    const path = resolve(terminal.cwd, options.signers);
    if ((await readFileIfAny(textToByteString(path))) === undefined)
      throw new AnnexError('config', `there is no file of signers at ${path}`);
    await repository.setConfig('annexus.lockdown-signers', textToByteString(path));
  }
  // The hook comes first: with the setting alone a push would pass.
  const path = await hookPath(repository);
  const present = await readFileIfAny(textToByteString(path));
  if (present !== undefined && !present.includes(mark)) {
    throw new AnnexError(
      'config',
      `${path} is there already: have it run "${ourCommand()}" with its input, under a line "${mark}"`,
    );
  }
  if (present === undefined || isOurs(present)) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, `#!/bin/sh\n${mark}\n${ourCommand()} || exit 1\n`);
    await chmod(path, 0o755);
  }
  await repository.setConfig('annexus.lockdown', 'true');
}

async function turnOff(repository: GitRepository): Promise<void> {
  await repository.setConfig('annexus.lockdown', undefined);
  const path = await hookPath(repository);
  const present = await readFileIfAny(textToByteString(path));
  if (present !== undefined && isOurs(present)) await rm(path);
}

/** Otherwise somebody wrote it, and has it call us. */
function isOurs(hook: string): boolean {
  return hook.split('\n')[1] === mark;
}

/** An empty commit on top, since a signature is for a commit and git-annex's are not signed. */
async function sign(repository: GitRepository): Promise<void> {
  const text = (bytes: Uint8Array): string => bytesToByteString(bytes).trim();
  const tip = text((await repository.run(['rev-parse', '--verify', branch])).stdout);
  const args = ['commit-tree', '-S', '-p', tip, '-m', 'signed for annexus.lockdown', `${tip}^{tree}`];
  const signed = text((await repository.run(['-c', 'gpg.format=ssh', ...args])).stdout);
  await repository.run(['update-ref', '-m', 'annexus lockdown sign', branch, signed, tip]);
}

async function tellState(
  repository: GitRepository,
  action: string | undefined,
  terminal: Terminal,
): Promise<void> {
  if (action === 'sign') {
    terminal.out('signed the git-annex branch; now push it: git push REMOTE git-annex:synced/git-annex\n');
    return;
  }
  const config = await repository.config();
  const signers = config.get('annexus.lockdown-signers');
  if (config.getBool('annexus.lockdown') !== true) terminal.out('lockdown is off\n');
  else if (signers === undefined) terminal.out('lockdown is on, and nobody may sign\n');
  else terminal.out(`lockdown is on, signers are in ${byteStringToText(signers)}\n`);
}

/** Where git looks for it: core.hooksPath may lead elsewhere. */
async function hookPath(repository: GitRepository): Promise<string> {
  const found = await repository.run(['rev-parse', '--git-path', 'hooks/pre-receive']);
  const path = byteStringToText(bytesToByteString(found.stdout).replace(/\n$/, ''));
  return resolve(repository.gitDir, path);
}

function ourCommand(): string {
  return [process.execPath, process.argv[1] ?? 'annexus', 'pre-receive'].map(quoted).join(' ');
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

const mark = '# annexus lockdown';
const branch = 'refs/heads/git-annex';

/** Runs a command of the repository's configuration, as git runs its own: by `sh -c` in the repository. */

import { spawn } from 'node:child_process';
import { AnnexError } from '../../types/annex-error.ts';
import { bytesToByteString, byteStringToUTF8, type ByteString } from '../../util/byte-string.ts';
import type { GitRepository } from './git-repository.ts';
import { gitEnvironment } from './git-environment.ts';

/** What the command prints. Throws AnnexError('config') where it fails, prints over 1 MiB or takes over a minute. */
export async function runShell(command: ByteString, repository: GitRepository): Promise<ByteString> {
  const text = byteStringToUTF8(command);
  if (text === undefined) throw new AnnexError('config', 'a configured command is not UTF-8');
  const child = spawn('sh', ['-c', text], {
    cwd: repository.workTree ?? repository.gitDir,
    env: gitEnvironment(repository.gitDir),
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  });
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? -1));
  });
  ended.catch(() => undefined);
  const chunks: Buffer[] = [];
  let total = 0;
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    total += chunk.length;
    if (total > maxBytes) {
      child.kill('SIGKILL');
      throw new AnnexError('config', `the configured command printed more than ${maxBytes} bytes: ${text}`);
    }
    chunks.push(chunk);
  }
  const exitCode = await ended;
  if (exitCode !== 0)
    throw new AnnexError('config', `the configured command ended with ${exitCode}: ${text}`);
  return bytesToByteString(Buffer.concat(chunks));
}

const timeoutMs = 60_000;
const maxBytes = 1024 * 1024;

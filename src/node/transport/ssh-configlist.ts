/**
 * What `git-annex-shell configlist` tells of a repository behind ssh whose UUID nobody knows yet (interop reference §5.4):
 *
 *     annex.uuid=11111111-2222-3333-4444-555555555555
 *     core.gcrypt-id=
 *
 * A repository that is no annex has an empty UUID. Where git-annex-shell fails or says nothing, git-annex takes it for not
 * installed; ssh's own failure (255) tells nothing of the repository.
 */

import { bytesToByteString } from '../../util/byte-string.ts';
import { processChannel, type ProcessChannel } from '../channel/process-channel.ts';
import type { FarConfig } from '../git/far-config.ts';
import { GitConfig } from '../git/git-config.ts';
import { annexShellCommand, sshArgv, type SshSettings } from './ssh-command.ts';
import type { SshUrl } from './ssh-url.ts';

export interface ConfigListOptions {
  readonly url: SshUrl;
  readonly settings: SshSettings;
  readonly environment: NodeJS.ProcessEnv;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** Over a connection of its own. Throws AnnexError('peer') where ssh cannot connect, and 'config' where there is no ssh. */
export async function readConfigList(options: ConfigListOptions): Promise<FarConfig> {
  const { url, settings, environment, signal } = options;
  signal.throwIfAborted();
  const words = { command: 'configlist', path: url.path, parameters: [], uuid: undefined };
  const remoteCommand = annexShellCommand(settings.annexShell, words);
  const channel = processChannel({
    argv: sshArgv(url, settings, { controlPath: undefined, remoteCommand }),
    env: environment,
    statusText: new Map([[sshFailed, `ssh cannot connect to ${url.destination}`]]),
  });
  const stop = (): void => channel.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await answerOf(channel);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
    channel.destroy();
  }
}

async function answerOf(channel: ProcessChannel): Promise<FarConfig> {
  let text = '';
  try {
    await channel.end();
    for (let bytes = await channel.read(); bytes !== undefined; bytes = await channel.read())
      text = (text + bytesToByteString(bytes)).slice(0, maxChars);
  } catch (error) {
    const status = await channel.exited;
    if (status === undefined || status === 0 || status === sshFailed) throw error;
    return { type: 'no-annex', why: error instanceof Error ? error.message : String(error) };
  }
  if (text === '') return { type: 'no-annex', why: 'git-annex-shell said nothing' };
  // What a login script prints stands between the lines, and is no setting.
  const entries = text.split('\n').flatMap((line) => {
    const [, key, value] = /^([a-z]+\.[a-z-]+)=(.*)$/i.exec(line) ?? [];
    return key === undefined ? [] : [{ key: key.toLowerCase(), value }];
  });
  return { type: 'config', config: new GitConfig(entries) };
}

const sshFailed = 255;
const maxChars = 65_536;

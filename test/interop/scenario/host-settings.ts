// How the repositories of a scenario with several hosts are configured: remotes, and an ssh that asks nobody anything.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeKey } from '../../support/sshd.ts';
import type { Repository } from './cluster.ts';

export interface SshClient {
  readonly publicKey: string;
  /** Words for ssh. */
  readonly options: string;
}

/** Keeps its files in `dir`, whose name no shell splits. */
export async function writeSshClient(dir: string): Promise<SshClient> {
  const publicKey = await makeKey(dir, 'user');
  const lines = [
    `IdentityFile ${join(dir, 'user')}`,
    'IdentitiesOnly yes',
    'BatchMode yes',
    'StrictHostKeyChecking no',
    'UserKnownHostsFile /dev/null',
    'LogLevel ERROR',
  ];
  await writeFile(join(dir, 'ssh_config'), `${lines.join('\n')}\n`);
  return { publicKey, options: `-F ${join(dir, 'ssh_config')}` };
}

export type Settings = Readonly<Record<string, string>>;

export async function addRemote(
  repository: Repository,
  name: string,
  { url = '', ...settings }: Settings,
): Promise<void> {
  await repository.git(['remote', 'add', name, url]);
  for (const [key, value] of Object.entries(settings))
    await repository.git(['config', `remote.${name}.${key}`, value]);
}

export async function configure(repository: Repository, settings: Settings): Promise<void> {
  for (const [key, value] of Object.entries(settings)) await repository.git(['config', key, value]);
}

/** What an administrator sets who wants a host that is away to be noticed within seconds. */
export const quickLimits = '-o ConnectTimeout=3 -o ServerAliveInterval=1 -o ServerAliveCountMax=3';

// A real sshd on a port of its own, for this user alone, through which stock clients reach repositories on this machine.
// Each kind of access is a host name of the client's ssh configuration, with a key of its own: `gateway` runs what the
// client says, the others are forced to our shell with a restriction in its environment, as administrators set one up.
import { symlink, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { annexusProgram, cleanEnvironment, type Release } from '../../support/git-annex.ts';
import { makeKey, startSshd } from '../../support/sshd.ts';

export interface SshAccess extends AsyncDisposable {
  /** What makes git and git-annex go there. */
  readonly clientEnv: Readonly<Record<string, string>>;
  /** The program that `remote.NAME.annex-shell` is to name. */
  readonly shell: string;
}

export interface SshAccessOptions {
  /** An existing directory, for keys and configuration. */
  readonly dir: string;
  readonly release: Release;
  /** Host names of restricted access, and the environment that restricts it. */
  readonly restricted?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export async function startSshAccess(options: SshAccessOptions): Promise<SshAccess> {
  const { dir, release, restricted = {} } = options;
  const shell = join(dir, 'git-annex-shell');
  await symlink(annexusProgram, shell);
  const environment = cleanEnvironment({ release });
  const sshd = await startSshd({
    dir,
    authorizedKeys: await authorizedKeys(options, shell),
    environment: Object.fromEntries(kept.map((name) => [name, environment[name] ?? ''])),
  });
  await writeClient(dir, sshd.port, Object.keys(restricted));
  return {
    clientEnv: { GIT_SSH_COMMAND: `ssh -F ${join(dir, 'ssh_config')}`, GIT_ANNEX_USE_GIT_SSH: '1' },
    shell,
    [Symbol.asyncDispose]: async () => await sshd[Symbol.asyncDispose](),
  };
}

async function authorizedKeys(options: SshAccessOptions, shell: string): Promise<readonly string[]> {
  const { dir, restricted = {} } = options;
  const lines = [await makeKey(dir, 'gateway')];
  for (const [name, env] of Object.entries(restricted)) {
    const variables = Object.entries(env).map(([variable, value]) => `${variable}='${value}'`);
    const command = `env ${variables.join(' ')} ${shell} -c \\"$SSH_ORIGINAL_COMMAND\\"`;
    lines.push(`command="${command}",restrict ${await makeKey(dir, name)}`);
  }
  return lines;
}

async function writeClient(dir: string, port: number, restricted: readonly string[]): Promise<void> {
  const hosts = ['gateway', ...restricted].map((name) =>
    [
      `Host ${name}`,
      'HostName 127.0.0.1',
      `Port ${port}`,
      `User ${userInfo().username}`,
      `IdentityFile ${join(dir, name)}`,
      'IdentitiesOnly yes',
      'StrictHostKeyChecking no',
      'UserKnownHostsFile /dev/null',
      'LogLevel ERROR',
      'BatchMode yes',
    ].join('\n'),
  );
  await writeFile(join(dir, 'ssh_config'), `${hosts.join('\n')}\n`);
}

const kept = ['PATH', 'HOME', 'GIT_CONFIG_GLOBAL', 'GIT_CONFIG_NOSYSTEM'];

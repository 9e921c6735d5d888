// A real sshd on a port of its own, for this user alone, through which stock clients reach repositories on this machine.
// Each kind of access is a host name of the client's ssh configuration, with a key of its own: `gateway` runs what the
// client says, the others are forced to our shell with a restriction in its environment, as administrators set one up.
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { annexusProgram, cleanEnvironment, runIn, startIn, type Release } from '../../support/git-annex.ts';
import { freePort } from './server.ts';

export interface SshServer extends AsyncDisposable {
  /** What makes git and git-annex go there. */
  readonly clientEnv: Readonly<Record<string, string>>;
  /** The program that `remote.NAME.annex-shell` is to name. */
  readonly shell: string;
  readonly stderr: () => string;
}

export interface SshServerOptions {
  /** An existing directory, for keys and configuration. */
  readonly dir: string;
  readonly release: Release;
  /** Host names of restricted access, and the environment that restricts it. */
  readonly restricted?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export async function startSshServer(options: SshServerOptions): Promise<SshServer> {
  const { dir, release, restricted = {} } = options;
  await runIn(dir, ['bash', '-c', 'test -x /usr/sbin/sshd']).catch(() => {
    throw new Error('this test needs sshd: install openssh-server');
  });
  const shell = join(dir, 'git-annex-shell');
  await symlink(annexusProgram, shell);
  const port = await freePort();
  await writeServer(options, port, shell);
  await writeClient(dir, port, Object.keys(restricted));
  // Where root starts sshd it insists on this directory.
  if (userInfo().uid === 0) await mkdir('/run/sshd', { recursive: true });
  const running = startIn(dir, ['/usr/sbin/sshd', '-D', '-e', '-f', join(dir, 'sshd_config')], { release });
  await running.shows(/Server listening/);
  return {
    clientEnv: { GIT_SSH_COMMAND: `ssh -F ${join(dir, 'ssh_config')}`, GIT_ANNEX_USE_GIT_SSH: '1' },
    shell,
    stderr: running.stderr,
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}

async function writeServer(options: SshServerOptions, port: number, shell: string): Promise<void> {
  const { dir, release, restricted = {} } = options;
  await makeKey(dir, 'host');
  const lines = [await makeKey(dir, 'gateway')];
  for (const [name, env] of Object.entries(restricted)) {
    const variables = Object.entries(env).map(([variable, value]) => `${variable}='${value}'`);
    const command = `env ${variables.join(' ')} ${shell} -c \\"$SSH_ORIGINAL_COMMAND\\"`;
    lines.push(`command="${command}",restrict ${await makeKey(dir, name)}`);
  }
  await writeFile(join(dir, 'authorized_keys'), lines.join(''));
  const environment = cleanEnvironment({ release });
  const set = ['PATH', 'HOME', 'GIT_CONFIG_GLOBAL', 'GIT_CONFIG_NOSYSTEM'];
  const config = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${join(dir, 'host')}`,
    `AuthorizedKeysFile ${join(dir, 'authorized_keys')}`,
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'PidFile none',
    `SetEnv ${set.map((name) => `"${name}=${environment[name] ?? ''}"`).join(' ')}`,
  ];
  await writeFile(join(dir, 'sshd_config'), `${config.join('\n')}\n`);
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

/** @returns the public key's line */
async function makeKey(dir: string, name: string): Promise<string> {
  await runIn(dir, ['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', name]);
  await chmod(join(dir, name), 0o600);
  return (await runIn(dir, ['cat', `${name}.pub`])).stdout;
}

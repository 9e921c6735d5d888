// A real OpenSSH server on a high port of this machine for tests, with keys and configuration of its own. It lets the user
// who runs the tests in, and writes down each connection.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { cleanEnvironment, type Release } from './git-annex.ts';

/** The server's program; undefined where OpenSSH's server is not installed (apt-get install openssh-server). */
export const sshdProgram: string | undefined = [
  '/usr/sbin/sshd',
  '/usr/local/sbin/sshd',
  '/usr/bin/sshd',
].find((path) => existsSync(path));

export interface SshServer extends AsyncDisposable {
  readonly destination: string;
  readonly port: number;
  /** For annex.ssh-options. */
  readonly options: readonly string[];
  /** How many connections have logged in so far. */
  logins(): Promise<number>;
  /** SIGKILL for the server and everything that it started: no connection is ended, all are gone. */
  kill(): Promise<void>;
}

/** Keeps its files in `dir`, which no word of a command may split. */
export async function startSshServer(dir: string): Promise<SshServer> {
  if (sshdProgram === undefined) throw new Error('there is no sshd');
  await mkdir(dir, { recursive: true });
  for (const name of ['host', 'user']) {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(dir, name)]);
  }
  const port = await freePort();
  await writeFile(join(dir, 'authorized_keys'), await readFile(join(dir, 'user.pub')), { mode: 0o600 });
  const hostKey = (await readFile(join(dir, 'host.pub'), 'utf8')).split(' ').slice(0, 2).join(' ');
  await writeFile(join(dir, 'known_hosts'), `[127.0.0.1]:${port} ${hostKey}\n`);
  await writeFile(join(dir, 'sshd_config'), configuration(dir, port));
  const log = join(dir, 'log');
  const args = ['-D', '-f', join(dir, 'sshd_config'), '-E', log];
  // As root it separates privileges by means of this directory.
  if (userInfo().uid === 0) await mkdir('/run/sshd', { recursive: true });
  const server = spawn(sshdProgram, args, { stdio: 'ignore', detached: true });
  const ended = new Promise((resolve) => server.once('exit', resolve));
  const read = async (): Promise<string> => await readFile(log, 'utf8').catch(() => '');
  await until(async () => (await read()).includes('Server listening'), read);
  return {
    destination: `${userInfo().username}@127.0.0.1`,
    port,
    options:
      `-F none -i ${join(dir, 'user')} -o IdentitiesOnly=yes -o BatchMode=yes -o ConnectTimeout=10 -o UserKnownHostsFile=${join(dir, 'known_hosts')}`.split(
        ' ',
      ),
    logins: async () => (await read()).split('Accepted publickey').length - 1,
    kill: async () => {
      for (const pid of await descendants(server.pid ?? 0)) killQuietly(pid);
      await ended;
    },
    [Symbol.asyncDispose]: async () => {
      server.kill('SIGTERM');
      await ended;
    },
  };
}

/** The process and all that it started, in whatever groups and sessions they are. */
async function descendants(top: number): Promise<readonly number[]> {
  const parents = new Map<number, number>();
  for (const name of await readdir('/proc')) {
    const status = /^\d+$/.test(name) ? await readFile(`/proc/${name}/status`, 'utf8').catch(() => '') : '';
    const parent = /^PPid:\s+(\d+)/m.exec(status)?.[1];
    if (parent !== undefined) parents.set(Number(name), Number(parent));
  }
  const found = new Set([top]);
  for (let size = 0; size < found.size; ) {
    size = found.size;
    for (const [pid, parent] of parents) if (found.has(parent)) found.add(pid);
  }
  return [...found];
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended meanwhile.
  }
}

/** For remote.NAME.annex-shell: git-annex-shell of this release, in an environment of the tests' own. */
export function annexShellOf(release: Release): string {
  const variables = Object.entries(cleanEnvironment({ release })).map(
    ([name, value]) => `${name}='${value}'`,
  );
  return ['env', '-i', ...variables, 'git-annex-shell'].join(' ');
}

function configuration(dir: string, port: number): string {
  return `Port ${port}
ListenAddress 127.0.0.1
HostKey ${join(dir, 'host')}
AuthorizedKeysFile ${join(dir, 'authorized_keys')}
PidFile ${join(dir, 'pid')}
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
LogLevel VERBOSE
MaxSessions 40
`;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function until(condition: () => Promise<boolean>, explain: () => Promise<string>): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`sshd did not start: ${await explain()}`);
}

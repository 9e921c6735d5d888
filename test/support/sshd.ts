// A real OpenSSH server on a port of this machine for tests, with a configuration and host key of its own. It lets in the
// user who runs the tests, by the keys that it is given, and writes down each connection.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import type { Host } from './network.ts';
import { processTree } from './process-tree.ts';

export interface SshdOptions {
  /** For keys and configuration; made where it is not there. No word of a command may split its name. */
  readonly dir: string;
  /** The lines of authorized_keys. */
  readonly authorizedKeys: readonly string[];
  /** What its sessions have in their environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Where it runs and listens; this machine's own loopback address unless told. */
  readonly host?: Host;
}

export interface Sshd extends AsyncDisposable {
  readonly port: number;
  /** All that it wrote down. */
  log(): Promise<string>;
  /** SIGKILL for the server and everything that it started: no connection is ended, all are gone. */
  kill(): Promise<void>;
}

export async function startSshd(options: SshdOptions): Promise<Sshd> {
  const { dir, authorizedKeys } = options;
  const program = sshdPrograms.find((path) => existsSync(path));
  if (program === undefined) throw new Error('there is no sshd: install openssh-server');
  await makeKey(dir, 'host');
  const port = await freePort();
  await writeFile(join(dir, 'authorized_keys'), authorizedKeys.join(''), { mode: 0o600 });
  await writeFile(join(dir, 'sshd_config'), configuration(options, port));
  // As root it separates privileges by means of this directory.
  if (userInfo().uid === 0) await mkdir('/run/sshd', { recursive: true });
  const logFile = join(dir, 'log');
  const argv = [program, '-D', '-f', join(dir, 'sshd_config'), '-E', logFile];
  const [command = '', ...args] = options.host?.on(argv) ?? argv;
  const server = spawn(command, args, { stdio: 'ignore', detached: true });
  const ended = new Promise((resolve) => server.once('exit', resolve));
  const log = async (): Promise<string> => await readFile(logFile, 'utf8').catch(() => '');
  await untilListening(log);
  return {
    port,
    log,
    kill: async () => {
      for (const pid of await processTree(server.pid ?? 0)) killQuietly(pid);
      await ended;
    },
    [Symbol.asyncDispose]: async () => {
      server.kill('SIGTERM');
      await ended;
    },
  };
}

/** Makes a pair of keys in DIR/NAME and gives the public one's line. */
export async function makeKey(dir: string, name: string): Promise<string> {
  await mkdir(dir, { recursive: true });
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(dir, name)]);
  return await readFile(join(dir, `${name}.pub`), 'utf8');
}

function configuration({ dir, environment = {}, host }: SshdOptions, port: number): string {
  const set = Object.entries(environment).map(([name, value]) => `"${name}=${value}"`);
  return `Port ${port}
ListenAddress ${host?.address ?? '127.0.0.1'}
HostKey ${join(dir, 'host')}
AuthorizedKeysFile ${join(dir, 'authorized_keys')}
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
LogLevel VERBOSE
MaxSessions 40
${set.length === 0 ? '' : `SetEnv ${set.join(' ')}\n`}`;
}

async function untilListening(log: () => Promise<string>): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt++) {
    if ((await log()).includes('Server listening')) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`sshd did not start: ${await log()}`);
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended meanwhile.
  }
}

const sshdPrograms = ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/usr/bin/sshd'];

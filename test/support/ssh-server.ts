// A real sshd as a gateway sees one: where it is, and the options of ssh that lead there.
import { readFile, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { cleanEnvironment, type Release } from './git-annex.ts';
import { makeKey, startSshd } from './sshd.ts';

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
  const sshd = await startSshd({ dir, authorizedKeys: [await makeKey(dir, 'user')] });
  const hostKey = (await readFile(join(dir, 'host.pub'), 'utf8')).split(' ').slice(0, 2).join(' ');
  await writeFile(join(dir, 'known_hosts'), `[127.0.0.1]:${sshd.port} ${hostKey}\n`);
  return {
    destination: `${userInfo().username}@127.0.0.1`,
    port: sshd.port,
    options:
      `-F none -i ${join(dir, 'user')} -o IdentitiesOnly=yes -o BatchMode=yes -o ConnectTimeout=10 -o UserKnownHostsFile=${join(dir, 'known_hosts')}`.split(
        ' ',
      ),
    logins: async () => (await sshd.log()).split('Accepted publickey').length - 1,
    kill: async () => await sshd.kill(),
    [Symbol.asyncDispose]: async () => await sshd[Symbol.asyncDispose](),
  };
}

/** For remote.NAME.annex-shell: git-annex-shell of this release, in an environment of the tests' own. */
export function annexShellOf(release: Release): string {
  const variables = Object.entries(cleanEnvironment({ release })).map(
    ([name, value]) => `${name}='${value}'`,
  );
  return ['env', '-i', ...variables, 'git-annex-shell'].join(' ');
}

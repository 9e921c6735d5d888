// Command lines for ssh, word for word as real git-annex was seen to run them, but for the socket of the shared
// connection, for how long that is kept, and for how long a host may be silent.
import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import type { UUID } from '../../types/uuid.ts';
import { GitConfig } from '../git/git-config.ts';
import { annexShellCommand, readSshSettings, sshArgv, sshExitArgv, shellQuote } from './ssh-command.ts';

const uuid = '44444444-4444-4444-8444-444444444444' as UUID;
const own = '6cecadfa-263d-4380-aaaa-81da5f8bdfeb';
const url = { destination: 'u@host', port: 2222, path: '/~/p' };

function config(values: Readonly<Record<string, string>>): GitConfig {
  return new GitConfig(Object.entries(values).map(([key, value]) => ({ key, value })));
}

const liveness = '-o ConnectTimeout=10 -o ServerAliveInterval=5 -o ServerAliveCountMax=3';
const words = { command: 'p2pstdio', path: "/~/it's", parameters: [own], uuid };

describe('the remote command', () => {
  test('as git-annex has it', () => {
    expect(annexShellCommand('git-annex-shell', words)).toBe(
      `git-annex-shell 'p2pstdio' '/~/it'"'"'s' '${own}' --uuid ${uuid}`,
    );
    expect(annexShellCommand('/opt/ga shell', { ...words, uuid: undefined })).toBe(
      `/opt/ga shell 'p2pstdio' '/~/it'"'"'s' '${own}'`,
    );
  });

  test('nothing in it gets out of its quotes', () => {
    const evil = `a'b"c$(touch x)\`touch y\`;&|\\ \n*é`;
    const command = annexShellCommand('printf "%s\\0"', {
      command: evil,
      path: evil,
      parameters: [evil],
      uuid: `x;$(touch z)'` as UUID,
    });
    const printed = execFileSync('sh', ['-c', command], { encoding: 'utf8' }).split('\0');
    expect(printed).toEqual([evil, evil, evil, '--uuid', `x;$(touch z)'`, '']);
    expect(() => shellQuote('a\0b')).toThrow('NUL');
  });
});

describe('settings and words', () => {
  test('a remote has its own options, or those of all', () => {
    const all = { 'annex.ssh-options': "-v -i 'a b'" };
    const settings = readSshSettings(config(all), 'r', {});
    expect(settings).toEqual({
      options: ['-v', '-i', "'a", "b'"],
      isSharing: true,
      annexShell: 'git-annex-shell',
      gitSsh: undefined,
    });
    const shared = sshArgv(url, settings, { controlPath: '/s/100%', remoteCommand: 'C' });
    expect(shared.join(' ')).toBe(
      `ssh u@host -S /s/100%% -o ControlMaster=auto -o ControlPersist=60 -v -i 'a b' ${liveness} -p 2222 -T C`,
    );
    const mine = config({
      ...all,
      'remote.r.annex-ssh-options': '-4',
      'remote.r.annex-shell': '/opt/ga shell',
      'annex.sshcaching': 'false',
    });
    const different = readSshSettings(mine, 'r', {});
    expect(different).toMatchObject({ options: ['-4'], isSharing: false, annexShell: '/opt/ga shell' });
    expect(
      sshArgv({ ...url, port: undefined }, different, { controlPath: undefined, remoteCommand: 'C' }),
    ).toEqual(['ssh', 'u@host', '-4', ...liveness.split(' '), '-T', 'C']);
  });

  test('GIT_SSH and GIT_SSH_COMMAND count where they are asked for', () => {
    const read = (environment: NodeJS.ProcessEnv): readonly string[] =>
      sshArgv(url, readSshSettings(config({ 'annex.ssh-options': '-v' }), 'r', environment), {
        controlPath: undefined,
        remoteCommand: 'C',
      });
    const plain = ['ssh', 'u@host', '-v', ...liveness.split(' '), '-p', '2222', '-T', 'C'];
    expect(read({ GIT_SSH: 'mine' })).toEqual(plain);
    expect(read({ GIT_SSH: 'mine', GIT_ANNEX_USE_GIT_SSH: '0' })).toEqual(plain);
    expect(read({ GIT_ANNEX_USE_GIT_SSH: '1' })).toEqual(plain);
    expect(read({ GIT_SSH: 'mine', GIT_ANNEX_USE_GIT_SSH: '1' })).toEqual([
      'mine',
      'u@host',
      '-p',
      '2222',
      'C',
    ]);
    const [program = '', ...args] = read({
      GIT_SSH: 'mine',
      GIT_SSH_COMMAND: `printf '%s|' -o 'a b'`,
      GIT_ANNEX_USE_GIT_SSH: '1',
    });
    expect(execFileSync(program, args, { encoding: 'utf8' })).toBe('-o|a b|u@host|-p|2222|C|');
  });

  test('ending a shared connection', () => {
    expect(sshExitArgv(url, '/s')).toEqual(['ssh', '-S', '/s', '-O', 'exit', 'u@host']);
  });
});

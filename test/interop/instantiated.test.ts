// Remotes that exist only through a gateway, beside real git-annex of both releases in the same repository: which ones
// there are, what they are called, what they cost, and what info and whereis print of them.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { annexusProgram, releases, runIn, withTempDir, type Ran } from '../support/git-annex.ts';

const annexus = [process.execPath, annexusProgram];
const uuid = (number: number): string => `${String(number).padStart(8, '0')}-0000-4000-8000-000000000000`;
const cluster = 'ac000001-0000-8000-8000-000000000000';
const otherCluster = 'ac000002-0000-8000-8000-000000000000';
const ssh = 'ssh://localhost/x/g1';
const http = 'annex+http://127.0.0.1:1/git-annex/';

/** Remotes that are the gateway g1 (uuid 1), g2 behind it (uuid 2), or neither; with their settings. */
const remotes: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  zz: { url: ssh },
  aa: { url: http },
  'a-b': { url: `${ssh}/` },
  a: { url: ssh, 'annex-cost': '133.25', 'annex-ssh-options': '-p 1' },
  loc: { url: '../nosuch/here' },
  loch: { url: '../node', annexUrl: http, 'annex-uuid': uuid(1) },
  scp: { url: 'localhost:x/g1' },
  scproot: { url: 'someone@localhost:/x/g1' },
  httpa: { url: 'http://127.0.0.1:1/x', annexUrl: http },
  httpp: { url: 'http://127.0.0.1:1/x', 'annex-ignore': 'true' },
  plus: { url: 'ssh+git://localhost/x' },
  ign: { url: ssh, 'annex-ignore': 'true' },
  lfs: { url: ssh, 'annex-git-lfs': 'true' },
  tor: { url: 'tor-annex::abcdefgh.onion:123' },
  peer: { url: 'p2p-annex::foo+abc' },
  sup: { url: ssh },
  'sup-n1': { other: 'setting' },
  cfg: { url: ssh, 'annex-uuid': uuid(7), 'annex-config-uuid': uuid(1) },
  ro: { url: ssh, 'annex-readonly': 'true' },
  prox: { url: ssh, 'annex-proxy': 'true', 'annex-cluster-gateway': cluster },
  chain: { url: 'ssh://localhost/x/g2', 'annex-uuid': uuid(2) },
};

const logs: Readonly<Record<string, readonly string[]>> = {
  'proxy.log': [
    `${uuid(1)} ${uuid(11)}:n1 ${uuid(12)}:n2 ${uuid(13)}:single ${uuid(2)}:g2 ${cluster}:c1 ${cluster}:g2-c1 ` +
      `${otherCluster}:c2 ${uuid(21)}:g2-m1 ${uuid(23)}:g3-g2-deep ${uuid(1)}:me ${uuid(14)}:bad/name`,
    `${uuid(2)} ${uuid(21)}:m1 ${uuid(22)}:m2 ${cluster}:c1`,
  ],
  'cluster.log': [
    `${cluster} ${uuid(11)} ${uuid(12)} ${uuid(21)} ${uuid(23)}`,
    `${otherCluster} ${uuid(13)} ${uuid(99)}`,
    `${uuid(3)} ${uuid(13)}`,
  ],
};
const oldLogs: Readonly<Record<string, readonly string[]>> = {
  'uuid.log': [
    `${uuid(1)} the gateway`,
    `${uuid(12)} aa-n2`,
    `${uuid(11)} node eleven`,
    `${uuid(13)} zz-single`,
    `${otherCluster} cluster two`,
    `${uuid(50)} elsewhere`,
  ],
  'trust.log': [`${uuid(12)} X`, `${uuid(13)} 0`, `${uuid(21)} 1`],
};

async function makeClient(dir: string): Promise<string> {
  const cwd = join(dir, 'client');
  const script = `git init -q client; git init -q node; cd client; mkdir sub; git annex init laptop
    echo one > f; echo two > 'sub/g h'; git annex add .; git commit -qm files; git annex merge`;
  await runIn(dir, ['bash', '-ec', script]);
  const config = Object.entries(remotes).map(([name, settings]) => {
    const all = name === 'sup-n1' ? settings : { 'annex-uuid': uuid(1), ...settings };
    const lines = Object.entries(all).map(([variable, value]) => `\t${variable} = ${value}\n`);
    return `[remote "${name}"]\n${lines.join('')}`;
  });
  await writeFile(join(cwd, '.git/config'), config.join(''), { flag: 'a' });
  const journal = join(cwd, '.git/annex/journal');
  await mkdir(journal, { recursive: true });
  for (const [name, lines] of Object.entries(logs)) {
    await writeFile(join(journal, name), lines.map((line) => `1700000000s ${line}\n`).join(''));
  }
  const { stdout: own } = await runIn(cwd, ['git', 'show', 'git-annex:uuid.log']);
  for (const [name, lines] of Object.entries(oldLogs)) {
    const ours = lines.map((line) => `${line} timestamp=1700000000s\n`).join('');
    await writeFile(join(journal, name), name === 'uuid.log' ? own + ours : ours);
  }
  for (const at of [11, 12, 13, 21, 22, 50, 51]) {
    const { stdout: key } = await runIn(cwd, ['git', 'annex', 'lookupkey', at % 2 === 0 ? 'sub/g h' : 'f']);
    await runIn(cwd, ['git', 'annex', 'setpresentkey', key.trim(), uuid(at), '1']);
  }
  return cwd;
}

/** What there can be of each remote that is a gateway, if anything. */
const suffixes = ['', '-n1', '-n2', '-single', '-g2', '-c1', '-g2-c1', '-c2', '-g2-m1', '-g3-g2-deep', '-me'];
const never = ['-bad', '-bad/name', '-m1', '-g2-m2'];

describe.each(releases())('beside git-annex of the $name release', (release) => {
  test('the same remotes exist, under the same names', { timeout: 240_000 }, async () => {
    await withTempDir(async (dir) => {
      const cwd = await makeClient(dir);
      // The stable release does not know these addresses, and takes them for ssh's.
      if (release.name === 'stable') await runIn(cwd, ['git', 'config', '--remove-section', 'remote.peer']);
      const names = Object.keys(remotes).flatMap((name) => suffixesOf(name).map((suffix) => name + suffix));
      const run = async (
        program: readonly string[],
        args: readonly string[],
        at: string = cwd,
      ): Promise<Omit<Ran, 'stderr'>> => {
        const { stdout, exitCode } = await runIn(at, [...program, ...args], { release, allow: [0, 1] });
        return { stdout, exitCode };
      };
      const compare = async (args: readonly string[], at: string = cwd): Promise<void> => {
        const ours = await run(annexus, args, at);
        const theirs = await run(['git-annex'], args, at);
        expect({ args, ...comparable(ours) }).toEqual({ args, ...comparable(theirs) });
      };
      // All in one run of each, since starting costs more than answering.
      await compare(['info', '--fast', ...names]);
      await compare(['info', '--fast', '--json', ...names]);
      await compare(['info', '--fast']);
      await compare(['info', '--fast', '--json']);
      await compare(['whereis', 'f', 'sub/g h']);
      await compare(['whereis', 'f', 'sub/g h', '--json']);
      await compare([
        'info',
        'zz-n1',
        'sup-g2-m1',
        'loch-c1',
        'loc',
        uuid(11),
        uuid(1),
        uuid(2),
        uuid(21),
        cluster,
      ]);
      await compare(['info', '--json', 'laptop', 'elsewhere', 'cluster two', 'node eleven', 'aa-n2']);
      await compare(['info', '--fast', 'loch', 'loch-n1', 'loc', 'scp'], join(cwd, 'sub'));
    });
  });
});

function suffixesOf(name: string): readonly string[] {
  if (name === 'sup-n1') return [''];
  // Of a git-lfs remote there is more to tell, but not here.
  return [...suffixes, ...never].filter((suffix) => name !== 'lfs' || suffix !== '');
}

/** Free space changes by itself, and what is no item has each program's own words. */
function comparable({ stdout, exitCode }: Omit<Ran, 'stderr'>): object {
  const lines = stdout
    .split('\n')
    .filter((line) => !/^(available local disk space|transfers in progress):/.test(line))
    .map((line) =>
      line
        .replace(/\(not a.* uuid\)/, '(none)')
        .replace(/"note":"not a.*? uuid"/, '"note":"none"')
        .replace(/"available local disk space":"[^"]*",/, '')
        .replace(/"transfers in progress":\[\],/, ''),
    );
  return { lines, exitCode };
}

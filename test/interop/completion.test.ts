// The script that `annexus completion bash` prints, run by bash: commands, options, and remotes behind gateways.
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { annexusProgram, runIn, withTempDir } from '../support/git-annex.ts';

const uuid = '00000001-0000-4000-8000-000000000000';

test('bash completes commands, options and remotes', async () => {
  await withTempDir(async (dir) => {
    await runIn(dir, [
      'bash',
      '-ec',
      `git init -q r; cd r; git annex init r; git remote add gw ssh://localhost/x; git config remote.gw.annex-uuid ${uuid}
      mkdir -p .git/annex/journal; echo "1s ${uuid} 00000002-0000-4000-8000-000000000000:node1" > .git/annex/journal/proxy.log`,
    ]);
    const complete = async (at: string, ...words: string[]): Promise<string[]> => {
      const script = `PATH="${dirname(annexusProgram)}:$PATH"; source <(annexus completion bash)
        COMP_WORDS=(annexus ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}
        _annexus; printf '%s\\n' "\${COMPREPLY[@]}"`;
      const { stdout } = await runIn(join(dir, at), ['bash', '-c', script], {
        env: { PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}` },
      });
      return stdout.split('\n').filter((line) => line !== '');
    };
    expect(await complete('r', 'extend')).toEqual(['extendcluster']);
    expect(await complete('r', 'info', '--f')).toEqual(['--fast']);
    expect(await complete('r', 'info', 'gw')).toEqual(['gw', 'gw-node1']);
    expect(await complete('r', 'extendcluster', 'gw-')).toEqual(['gw-node1']);
    expect(await complete('r', 'wanted', 'gw-')).toEqual(['gw-node1']);
    expect(await complete('r', 'untrust', 'gw', 'gw-')).toEqual(['gw-node1']);
    expect(await complete('r', 'completion', 'f')).toEqual(['fish']);
    expect(await complete('.', 'info', 'gw')).toEqual([]);
    const { stdout } = await runIn(dir, [process.execPath, annexusProgram, 'completion', 'fish']);
    expect(stdout).toContain('complete -c annexus -f -n __fish_use_subcommand -a updatecluster\n');
    const wrong = await runIn(dir, [process.execPath, annexusProgram, 'completion', 'csh'], { allow: [1] });
    expect(wrong.stderr).toBe('annexus: a shell is wanted: bash, zsh, fish\n');
  });
});

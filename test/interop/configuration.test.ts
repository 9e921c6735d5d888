// The commands that configure repositories and files, vicfg among them, beside real git-annex of both releases.
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { annexusProgram, releases, runIn, withTempDir } from '../support/git-annex.ts';
import { bothDo, configure, withTwins, type Step } from './scenario/command-twins.ts';
import { batch, metadata, placement, trust } from './scenario/configuration-steps.ts';
import { edited } from './scenario/vicfg-editor.ts';

describe.each(releases())('beside git-annex of the $name release', (release) => {
  test('the same commands print the same and leave the same', { timeout: 300_000 }, async () => {
    await withTwins(release, async (twins) => {
      const [r1, r2] = [1, 2].map((number) => `0000000${number}-0000-4000-8000-000000000000`);
      const cluster = (await runIn(twins.ours, ['git', 'config', 'annex.cluster.c'])).stdout.trim();
      const edit = async (...scripts: readonly string[]): Promise<void> => {
        const { theirs, ours } = await edited(twins, scripts);
        expect(ours).toEqual(theirs);
      };
      await edit('');
      await edit(`
        s/^#(trust ${r1}) =.*/\\1 = untrusted/
        s/^#(trust ${r2}) =.*/\\1=dead/
        s/^#(group ${cluster}) =.*/\\1 =  b   a a/
        s/^#(wanted ${cluster}) =.*/\\1 = include=ü* or copies=archive:2/
        s/^#(required ${r1}) =.*/  \\1 = metadata=tag=x/
        s/^#(maxsize ${r2}) =.*/\\1 = 1.5 GB/
        s/^#(maxsize ${r1}) =.*/\\1 = 1234567/
        s/^#(schedule ${r1}) =.*/\\1 = fsck self 30m every day at any time; fsck self 1h on day 1 of weeks divisible by 2 at 3 AM/
        s/^#(groupwanted archive) =.*/\\1 = standard/
        s/^# (numcopies default) =/\\1 = 3/
        s/^# (mincopies default) =/\\1 = 2/
        1i config annex.largefiles = anything
        1i groupwanted own = not copies=own:1`);
      await edit('');
      await edit(
        `1i foo
        1i bar x = 1
        1i wanted ${r1} = foo (bar
        1i trust ${r1} untrusted
        1i trust = dead
        1i numcopies default = x
        1i maxsize ${r1} = 5 bananas
        1i schedule ${r1} = fsck self
        1i schedule ${r1} = fsck self 1h every blah at any time
        1i schedule ${r1} = fsck self 1h every day at noon; foo
        1i schedule ${r1} =
        s/^trust ${r1}/trust ${r2}/`,
        `/^(# [*][*]|foo)/d; 1i bar`,
        `/^(bar|wanted ${r1} =.*foo|trust =|trust ${r1} unt|numcopies default = x|.*bananas|schedule.*(self|blah.*|foo|=)$)/d`,
      );
      await edit('/^(trust|group|required|schedule|config|numcopies|maxsize)/d');
      await edit('/^[^#]/d');
      for (const words of [[], ['x']]) {
        const { theirs, ours } = await bothDo(['vicfg', ...words], twins, () => ({
          env: { EDITOR: 'false' },
        }));
        expect(ours).toEqual(theirs);
      }
      const same = async (step: Step, input = ''): Promise<void> => {
        const { theirs, ours } = await bothDo(step, twins, () => ({ input }));
        expect(ours).toEqual(theirs);
      };
      const key = async (file: string): Promise<string> =>
        (await runIn(twins.theirs, ['git-annex', 'lookupkey', file], { release })).stdout.trim();
      for (const step of [...placement, ...trust]) await same(step);
      const [absent, present] = [await key('b'), await key('a')];
      await same(['dead', '--key', absent]);
      await same(['dead', '--key', absent, '--key', present, '--json']);
      await configure(twins, 'remote.r1.annex-trustlevel', 'trusted');
      await same(['untrust', 'r1']);
      await same(['trust', 'r1', '--force', '--json']);
      for (const step of metadata) await same(step);
      await same(['metadata', '--batch', '--json'], batch.map((line) => `${line}\n`).join(''));
      // What is said of a private repository stays here.
      await configure(twins, 'annex.private', 'true');
      for (const command of ['wanted', 'group', 'describe']) await same([command, 'here', 'nothing']);
      for (const command of ['wanted', 'group']) await same([command, 'nothing']);
      await same(['metadata', 'a', '-t', 'shared']);
    });
  });
});

test('ours knows clusters by their names, says more of expressions, and vicfg has descriptions', async () => {
  const [release] = releases();
  if (release === undefined) throw new Error('no release of git-annex');
  await withTempDir(async (dir) => {
    const at = join(dir, 'gw');
    await runIn(dir, ['bash', '-ec', 'git init -q gw; cd gw; git annex init -q gw'], { release });
    const cluster = 'ac000001-0000-8000-8000-000000000001';
    await runIn(at, ['git', 'config', 'annex.cluster.own', cluster]);
    const annexus = async (
      words: readonly string[],
      env: Readonly<Record<string, string>> = {},
    ): Promise<string> => {
      const ran = await runIn(at, [process.execPath, annexusProgram, ...words], {
        release,
        env,
        allow: [0, 1],
      });
      return ran.stdout + ran.stderr;
    };
    // Git's editor, where EDITOR is not set.
    await runIn(at, ['git', 'config', 'core.editor', 'cat']);
    const text = await annexus(['vicfg']);
    expect(text).toContain(`# (for cluster own)\n#trust ${cluster} = semitrusted\n`);
    expect(text).toContain(`# (for cluster own)\n#description ${cluster} = \n`);
    const EDITOR = `sed -i -e 's/^#\\(group\\|wanted\\|description\\) \\(${cluster}\\) =.*/\\1 \\2 = standard/'`;
    expect(await annexus(['vicfg'], { EDITOR })).toBe('');
    expect(await annexus(['wanted', 'own'])).toBe('standard\n');
    expect(await annexus(['group', 'standard'])).toBe('standard\n');
    expect(await annexus(['group', 'here', 'two words'])).toContain('may not contain whitespace');
    expect(await annexus(['wanted', 'here', 'present and foo'])).toContain('near "foo" (at character 13)');
    expect(await annexus(['wanted', 'here', 'not present', '--quiet'])).toBe(
      '  preferred content never matches: it negates present, which is not stable\n',
    );
    const recorded = async (): Promise<string> => (await runIn(at, ['git', 'rev-parse', 'git-annex'])).stdout;
    const before = await recorded();
    expect(await annexus(['vicfg'], { EDITOR: 'truncate -s 0' })).toBe(
      'annexus: nothing was left of the text: no setting was changed\n',
    );
    expect(await annexus(['vicfg'], { EDITOR: "sed -i '/^description/d'" })).toBe('');
    expect(await recorded()).toBe(before);
  });
});

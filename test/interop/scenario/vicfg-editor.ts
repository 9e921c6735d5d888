// An editor for vicfg that notes what it is shown and then edits with sed.
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bothDo, type Done, type Twins } from './command-twins.ts';

/** Runs vicfg in both, and edits with one sed script after the other until it is content. */
export async function edited(twins: Twins, scripts: readonly string[]): Promise<Done> {
  const { theirs, ours } = twins;
  const shownIn = (at: string): string => join(at, '..', 'shown');
  for (const at of [theirs, ours]) {
    await rm(shownIn(at), { recursive: true, force: true });
    await mkdir(shownIn(at));
    await writeFile(join(at, '..', 'editor'), editorScript, { mode: 0o755 });
    for (const [index, script] of scripts.entries()) await writeFile(join(at, '..', `edit${index}`), script);
  }
  const done = await bothDo(['vicfg'], twins, (at) => ({
    env: { EDITOR: join(at, '..', 'editor'), SHOWN: shownIn(at), EDITS: join(at, '..', 'edit') },
  }));
  return {
    theirs: { scripts, ...done.theirs, shown: await shown(shownIn(theirs)) },
    ours: { scripts, ...done.ours, shown: await shown(shownIn(ours)) },
  };
}

/** What the editor was shown each time, but for the section that git-annex's text has not. */
async function shown(directory: string): Promise<readonly (readonly string[])[]> {
  const names = (await readdir(directory)).sort();
  const texts = await Promise.all(names.map(async (name) => await readFile(join(directory, name), 'utf8')));
  return texts.map((text) =>
    text
      .replace(/\n\n# Repository descriptions\n[^]*$/, '\n')
      .split('\n')
      .map(withoutPlace),
  );
}

/** Ours says where in the expression it is wrong. */
function withoutPlace(line: string): string {
  return line
    .replaceAll(/ \((?:in "[^"]*", )?at character \d+\)/g, '')
    .replaceAll('; Parse failure', ' Parse failure');
}

const editorScript = `#!/bin/sh
count=$(ls "$SHOWN" | wc -l)
cp "$1" "$SHOWN/$count"
sed -E -i -f "$EDITS$count" "$1"
`;

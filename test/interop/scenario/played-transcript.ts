// Transcripts of documentation pages, run as they are printed: the commands behind `$` in one shell, and under each what it
// must print (a UUID is shown as its first digits and an ellipsis; other lines may come too).
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { annexusProgram, runIn, type Release } from '../../support/git-annex.ts';

export interface Step {
  readonly command: string;
  /** Lines that it prints, trimmed. */
  readonly shown: readonly string[];
}

/** The blocks of a page that are marked `console`. */
export function transcripts(markdown: string): Step[][] {
  return [...markdown.matchAll(/^```console\n([^]*?)^```/gm)].map(([, body = '']) => {
    const steps: { command: string; shown: string[] }[] = [];
    for (const line of body.trimEnd().split('\n')) {
      if (line.startsWith('$ ')) steps.push({ command: line.slice(2), shown: [] });
      else steps.at(-1)?.shown.push(line.trim());
    }
    return steps;
  });
}

export interface Stage {
  readonly dir: string;
  readonly release: Release;
  /** What stands in the place of 9417. */
  readonly port: string;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * One shell for all steps, so that `cd` and variables hold; a step that fails ends it.
 * @returns what each printed
 */
export async function play(
  steps: readonly Step[],
  { dir, release, port, env }: Stage,
): Promise<readonly string[]> {
  const bin = join(dir, '.bin');
  await mkdir(bin);
  await symlink(annexusProgram, join(bin, 'annexus'));
  // Not its directory: another git-annex may be there.
  await symlink(process.execPath, join(bin, 'node'));
  // A user who has a name and nothing else: what git-annex may connect to, the transcript has to say.
  const userConfig = join(bin, 'gitconfig');
  await writeFile(userConfig, '[user]\n\tname = Reader\n\temail = reader@annexus.invalid\n');
  const marker = '=== step ';
  const script = steps
    .map(({ command }, index) => `echo '${marker}${index}'\n${command.replaceAll(':9417/', `:${port}/`)}`)
    .join('\n');
  const { stdout } = await runIn(dir, ['bash', '-c', `set -e; PATH=${bin}:$PATH; exec 2>&1\n${script}`], {
    release,
    env: { GIT_CONFIG_GLOBAL: userConfig, ...env },
    timeoutMs: 110_000,
  });
  const printed = stdout.split(marker).slice(1);
  for (const [index, { command, shown }] of steps.entries()) {
    const lines = new Set(plainLines(printed[index] ?? ''));
    for (const line of shown) expect([command, ...lines]).toContain(plain(line));
  }
  return printed.map((text) => text.slice(text.indexOf('\n') + 1));
}

function plainLines(text: string): string[] {
  // git-annex's progress comes before the `ok` of the line above it.
  return text
    .replace(/\s*\n?\r?[^\n]*?\d+%[^\n]*?(?=ok$)/gm, ' ')
    .split('\n')
    .map(plain);
}

function plain(line: string): string {
  return line
    .trim()
    .replace(/^[0-9a-f]{4}…/, 'UUID')
    .replace(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/, 'UUID')
    .replace(/\s+/g, ' ');
}

// A long run leaves a page in doc/evidence/: what was run, on what, and what came out, as the run itself counted it.
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, release, type } from 'node:os';
import { fileURLToPath } from 'node:url';
import { releases } from '../../support/git-annex.ts';
import { serverKind } from './server.ts';

const folder = fileURLToPath(new URL('../../../doc/evidence/', import.meta.url));

/** Writes doc/evidence/NAME.md, replacing the page of the last run. Never for git-annex's own server. */
export async function writeEvidence(name: string, figures: Readonly<Record<string, unknown>>): Promise<void> {
  if (serverKind !== 'annexus') return;
  await mkdir(folder, { recursive: true });
  const rows = Object.entries(figures).map(([label, value]) => `| ${label} | ${readable(value)} |`);
  const page = [
    `# ${name}`,
    '',
    `Written by \`npm run soak\` after all its checks passed, on ${new Date().toISOString().slice(0, 10)}: ${cpus().length} x`,
    `${cpus()[0]?.model ?? 'unknown processor'}, ${type()} ${release()}, Node ${process.versions.node},`,
    `git-annex ${releases()
      .map(({ version }) => version)
      .join(' and ')}.`,
    '',
    '| | |',
    '|---|---|',
    ...rows,
    '',
  ].join('\n');
  await writeFile(`${folder}${name}.md`, page);
}

/** Counts of what happened (`{what: {times}}`) as a list, most often first; all else as JSON. */
function readable(value: unknown): string {
  const counted = Object.entries((value ?? {}) as Record<string, unknown>).map(
    ([what, entry]) => [what, (entry as { readonly times?: unknown } | null)?.times] as const,
  );
  if (counted.length === 0 || counted.some(([, times]) => typeof times !== 'number')) {
    return JSON.stringify(value) ?? '-';
  }
  const sorted = counted.sort(([, left], [, right]) => Number(right) - Number(left));
  return sorted.map(([what, times]) => `${Number(times)} x ${what}`).join('; ');
}

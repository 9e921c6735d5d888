// The table of a run: both servers' figures, their ratio, what the project aims at and half of it, which the first
// release must show. Written to bench/RESULTS.md and printed.
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';

export interface Row {
  readonly name: string;
  readonly unit: string;
  /** Medians over the rounds. */
  readonly gitAnnex: number;
  readonly annexus: number;
  /** How many times git-annex's figure. */
  readonly aim: number;
}

/** The measurements over repositories in one place. */
export interface Pass {
  readonly rows: readonly Row[];
  readonly peakMemoryMB: { readonly gitAnnex: number; readonly annexus: number };
  /** How fast one file is written there and flushed, by a program that does nothing else. */
  readonly flushedMBPerSecond: number;
}

export interface Results {
  readonly main: Pass;
  /** Uploads over repositories on the disk, where `main` was in memory. */
  readonly onDisk: Pass | undefined;
  readonly rounds: number;
  readonly gitAnnexVersion: string;
  readonly gitAnnexOptions: readonly string[];
}

interface Budget {
  readonly unit: string;
  readonly aim: number;
}

/** What each measurement is held against. */
export function readBudget(): Readonly<Record<string, Budget>> {
  const text = readFileSync(new URL('./budget.json', import.meta.url), 'utf8');
  return JSON.parse(text) as Record<string, Budget>;
}

/** The page as Markdown. */
export function formatResults({ main, onDisk, rounds, gitAnnexVersion, gitAnnexOptions }: Results): string {
  const { gitAnnex, annexus } = main.peakMemoryMB;
  return [
    '# Benchmark',
    '',
    `Written by \`npm run bench\` on ${new Date().toISOString().slice(0, 10)}: ${cpus().length} x ` +
      `${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${Math.round(totalmem() / 1e9)} GB, ${type()} ${release()}, ` +
      `Node ${process.versions.node}, git-annex ${gitAnnexVersion}.`,
    '',
    `The same cluster of three local nodes, a copy for each server, served by \`git annex p2phttp ${gitAnnexOptions.join(' ')}\``,
    'and by `annexus p2phttp`; 4 connections for requests, 1 for large transfers; medians of',
    `${rounds} rounds that alternate between the two servers. A figure of 0 is a failed request.`,
    ...(onDisk === undefined
      ? []
      : ['The repositories are in memory, so that the programs are measured and not the disk.']),
    '',
    ...table(main.rows),
    `| peak memory of the server | MB | ${formatFigure(gitAnnex)} | ${formatFigure(annexus)} | ` +
      `${(annexus / Math.max(gitAnnex, 1)).toFixed(1)} | | | |`,
    '',
    ...(onDisk === undefined ? [] : diskSection(onDisk)),
  ].join('\n');
}

function diskSection({ rows, flushedMBPerSecond }: Pass): readonly string[] {
  return [
    '## Uploads on the disk',
    '',
    'Annexus has flushed every copy when it answers, git-annex has flushed none. This disk took',
    `${formatFigure(flushedMBPerSecond)} MB/s of one file written and flushed by a program that does nothing else, and an upload to the cluster`,
    'writes three.',
    '',
    ...table(rows),
    '',
  ];
}

function table(rows: readonly Row[]): readonly string[] {
  return [
    '| measurement | unit | git-annex | Annexus | ratio | half the aim | aim | reached |',
    '|---|---|--:|--:|--:|--:|--:|---|',
    ...rows.map(({ name, unit, gitAnnex, annexus, aim }) => {
      const ratio = gitAnnex > 0 ? annexus / gitAnnex : 0;
      const verdict = ratio >= aim ? 'aim' : ratio >= aim / 2 ? 'half' : 'short';
      const figures = [formatFigure(gitAnnex), formatFigure(annexus), ratio.toFixed(1)];
      return `| ${[name, unit, ...figures, aim / 2, aim, verdict].join(' | ')} |`;
    }),
  ];
}

function formatFigure(figure: number): string {
  return figure >= 10 ? String(Math.round(figure)) : figure.toFixed(1);
}

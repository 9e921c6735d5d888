/** How a plan is printed: a table of repositories and what is to be warned of, or one JSON object; with `--files` each file before. */

import type { KeyOutcome } from '../../preferred-content/plan-key.ts';
import { explainProblem } from '../../preferred-content/problems.ts';
import type { Repositories } from '../../preferred-content/repositories.ts';
import type { UUID } from '../../types/uuid.ts';
import { byteStringToText } from '../../util/byte-string.ts';
import type { MatchedItem } from '../matching/matched-item.ts';
import { withoutControls } from '../quote-path.ts';
import type { OutputOptions } from '../report.ts';
import { sizeText } from '../size-text.ts';
import { alignTable } from '../text-table.ts';
import type { Terminal } from '../terminal.ts';
import type { KeysAndBytes } from './plan-totals.ts';
import type { Planner } from './planner.ts';

export interface PlanReportOptions {
  readonly planner: Planner;
  readonly candidates: readonly UUID[];
  readonly leaving: ReadonlySet<UUID>;
  readonly repositories: Repositories;
  readonly titleOf: (uuid: UUID) => string;
  readonly terminal: Terminal;
}

export class PlanReport {
  readonly #options: PlanReportOptions;

  constructor(options: PlanReportOptions) {
    this.#options = options;
  }

  /** A file that something is to be said of. */
  item({ file, key }: MatchedItem, outcome: KeyOutcome, { json = false }: OutputOptions): void {
    const { terminal, titleOf } = this.#options;
    const { copies, drop, get, missing } = outcome;
    const name = byteStringToText(file?.path ?? key);
    if (json) {
      terminal.out(
        `${JSON.stringify({
          command: 'plan',
          copies,
          drop: [...drop],
          'error-messages': [],
          file: file === undefined ? undefined : name,
          get: [...get],
          key: byteStringToText(key),
          missing,
          success: true,
        })}\n`,
      );
      return;
    }
    const say = (what: string, uuids: Iterable<UUID>): void => {
      const titles = Array.from(uuids, titleOf);
      if (titles.length > 0) terminal.out(withoutControls(`${what} ${name}: ${titles.join(', ')}\n`));
    };
    say('get', get);
    say('drop', drop);
    say('nowhere', missing);
  }

  totals({ json = false }: OutputOptions): void {
    const { terminal } = this.#options;
    terminal.out(json ? `${JSON.stringify(this.#json())}\n` : withoutControls(this.#text()));
  }

  #text(): string {
    const { candidates, planner, titleOf } = this.#options;
    const all = planner.totals.noted('all');
    if (candidates.length === 0) return `${amountText(all)}; no repository says what it wants\n`;
    const rows = candidates.map((uuid) => {
      const { maxSize, sizeAfter } = this.#sizes(uuid);
      return [
        amountText(planner.totals.get(uuid)),
        amountText(planner.totals.drop(uuid)),
        sizeAfter === undefined ? '?' : bytesText(sizeAfter),
        maxSize === undefined ? '-' : bytesText(maxSize),
        titleOf(uuid),
      ];
    });
    const table = alignTable([['get', 'drop', 'size then', 'maxsize', 'repository'], ...rows], {
      left: [4],
    });
    return [...table, ...this.#warnings()].map((line) => `${line}\n`).join('');
  }

  #json(): object {
    const { candidates, planner, titleOf } = this.#options;
    const { content, totals } = planner;
    return {
      all: amountJSON(totals.noted('all')),
      belowNumcopies: amountJSON(totals.noted('short')),
      command: 'plan',
      'error-messages': [],
      keptForNumcopies: amountJSON(totals.noted('kept')),
      nowhere: amountJSON(totals.noted('missing')),
      repositories: candidates.map((uuid) => {
        const { fits, maxSize, size, sizeAfter } = this.#sizes(uuid);
        return {
          description: titleOf(uuid),
          drop: amountJSON(totals.drop(uuid)),
          fits,
          get: amountJSON(totals.get(uuid)),
          maxsize: numberOf(maxSize),
          problems: content.problems(uuid).map(explainProblem).map(byteStringToText),
          size: numberOf(size),
          sizeThen: numberOf(sizeAfter),
          uuid,
        };
      }),
      success: true,
      warnings: this.#warnings(),
    };
  }

  #sizes(uuid: UUID): {
    readonly size: bigint | undefined;
    readonly sizeAfter: bigint | undefined;
    readonly maxSize: bigint | undefined;
    readonly fits: boolean;
  } {
    const { planner, repositories } = this.#options;
    const size = repositories.sizeOf(uuid);
    const maxSize = repositories.maxSizeOf(uuid);
    const sizeAfter = size === undefined ? undefined : size + planner.totals.growth(uuid);
    const fits = maxSize === undefined || sizeAfter === undefined || sizeAfter <= maxSize;
    return { size, sizeAfter, maxSize, fits };
  }

  #warnings(): string[] {
    const { candidates, planner, titleOf } = this.#options;
    const { totals } = planner;
    const warnings: string[] = [];
    for (const uuid of candidates) {
      const { fits, maxSize = 0n, sizeAfter = 0n } = this.#sizes(uuid);
      const title = titleOf(uuid);
      if (!fits) warnings.push(`${title} would be ${bytesText(sizeAfter - maxSize)} over its maxsize`);
      for (const problem of planner.content.problems(uuid))
        warnings.push(`${title}: ${byteStringToText(explainProblem(problem))}`);
    }
    const note = (what: 'short' | 'missing' | 'kept', text: string): void => {
      const amount = totals.noted(what);
      if (amount.keys > 0) warnings.push(`${amountText(amount)} ${text}`);
    };
    note('short', 'with fewer copies than numcopies asks for');
    note('missing', 'wanted, and no repository has the content');
    note('kept', 'not wanted, and kept since too few copies would be left');
    return warnings;
  }
}

function amountText({ keys, bytes }: KeysAndBytes): string {
  return keys === 0 ? '-' : `${keys} ${keys === 1 ? 'key' : 'keys'} (${bytesText(bytes)})`;
}

function bytesText(bytes: bigint): string {
  return sizeText(bytes, { short: true });
}

function amountJSON({ keys, bytes }: KeysAndBytes): object {
  return { bytes: Number(bytes), keys };
}

function numberOf(value: bigint | undefined): number | undefined {
  return value === undefined ? undefined : Number(value);
}

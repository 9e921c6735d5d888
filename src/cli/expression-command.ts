/**
 * What `wanted`, `required` and `groupwanted` have in common: without an expression they print the one that is set, with
 * one they set it if it parses, and say where it will not do what it seems to.
 */

import { changePreferredContentLog, parsePreferredContentLog } from '../logs/preferred-content-log.ts';
import type { OpenAnnex } from '../node/annex/open-annex.ts';
import { describeRepositories } from '../node/annex/repositories.ts';
import { changeSetting } from '../node/annex/repository-setting.ts';
import { RepositoriesReader } from '../node/placement/repositories-reader.ts';
import { parseExpression } from '../preferred-content/parse-expression.ts';
import { explainProblem, findProblems } from '../preferred-content/problems.ts';
import type { Repositories as KnownRepositories } from '../preferred-content/repositories.ts';
import { ParsedExpressions, RepositoryExpressions } from '../preferred-content/repository-expressions.ts';
import { AnnexError } from '../types/annex-error.ts';
import type { UUID } from '../types/uuid.ts';
import { byteStringToText, textToByteString, type ByteString } from '../util/byte-string.ts';
import { Report, type OutputOptions } from './report.ts';
import type { Terminal } from './terminal.ts';
import { withAnnex } from './with-annex.ts';

export interface ExpressionCommand {
  readonly command: 'wanted' | 'required' | 'groupwanted';
  readonly log: ByteString;
  /** What is said where the first word is missing. */
  readonly usage: string;
  /** The expression that is set for what the first word names. */
  readonly locate: (annex: OpenAnnex, name: string) => Promise<ExpressionPlace>;
}

export interface ExpressionPlace {
  /** The repository that it is of; none for a group's. */
  readonly uuid?: UUID | undefined;
  /** The repositories that it may matter to. */
  concerned(repositories: KnownRepositories): readonly UUID[];
  read(content: ByteString): ByteString | undefined;
  change(content: ByteString, expression: ByteString): ByteString;
}

/** @param options.words the repository or group, and maybe the expression */
export async function expressionCommand(
  { command, log, usage, locate }: ExpressionCommand,
  { words, ...options }: OutputOptions & { readonly words: readonly string[] },
  terminal: Terminal,
): Promise<number> {
  const [name, expression] = words;
  if (name === undefined || words.length > 2) throw new AnnexError('config', usage);
  const report = new Report(command, options, terminal);
  return await withAnnex(terminal, async (annex) => {
    const place = await locate(annex, name);
    if (expression === undefined) {
      report.alwaysLine(byteStringToText(place.read((await annex.branch.read(log)) ?? '') ?? ''));
      return report.finish();
    }
    await report.item(name, [name], async () => {
      const bytes = oneLine(textToByteString(expression));
      checkExpression(bytes);
      await changeSetting(annex, { log, uuid: place.uuid }, (old) => place.change(old ?? '', bytes));
      return { success: true };
    });
    if (report.isGood) await warnOfProblems(annex, { place, command, report });
    return report.finish();
  });
}

/** `wanted` and `required`, whose first word names a repository. */
export function ofRepository(log: ByteString): Pick<ExpressionCommand, 'log' | 'usage' | 'locate'> {
  return {
    log,
    usage: 'Specify a repository.',
    locate: async (annex, name) => {
      const uuid = (await describeRepositories(annex, { discover: true })).named(name);
      return {
        uuid,
        concerned: () => [uuid],
        read: (content) => parsePreferredContentLog(content).get(uuid),
        change: (content, expression) =>
          changePreferredContentLog(content, { uuid, expression, nowSeconds: annex.nowSeconds() }),
      };
    },
  };
}

/** Line breaks part words as spaces do, and a log has no place for them. */
function oneLine(expression: ByteString): ByteString {
  return expression.replaceAll(/[\r\n]+/g, ' ');
}

function checkExpression(expression: ByteString): void {
  try {
    parseExpression(expression);
  } catch (error) {
    if (!(error instanceof AnnexError)) throw error;
    throw new AnnexError(error.code, `Parse error: ${error.message}`, { cause: error });
  }
}

/** Expressions that parse may still never match, or mean something else than they seem to. */
async function warnOfProblems(
  annex: OpenAnnex,
  {
    place,
    command,
    report,
  }: { readonly place: ExpressionPlace; readonly command: string; readonly report: Report },
): Promise<void> {
  const repositories = await new RepositoriesReader(annex.branch, { sizeOf: () => undefined }).read();
  const expressions = new RepositoryExpressions(repositories, new ParsedExpressions());
  const kind = command === 'required' ? 'required' : 'preferred';
  const texts = place
    .concerned(repositories)
    .flatMap((uuid) => findProblems(uuid, expressions))
    .filter(({ expression }) => expression === kind)
    .map(explainProblem);
  for (const text of new Set(texts)) report.warning(byteStringToText(text));
}

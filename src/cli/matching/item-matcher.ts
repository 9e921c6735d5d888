/**
 * Which files or keys a command acts on: its matching options, made into one matcher. Terms are asked from left to right,
 * and not when what came before decides already.
 */

import type { OpenAnnex } from '../../node/annex/open-annex.ts';
import type { SubjectReader } from '../../node/placement/subject-reader.ts';
import { foldTokens, type Matcher, type Token } from '../../preferred-content/fold-tokens.ts';
import { termsOf } from '../../preferred-content/judge.ts';
import { PreferredContent } from '../../preferred-content/preferred-content.ts';
import type { Subject, SubjectNeed } from '../../preferred-content/subject.ts';
import { AnnexError } from '../../types/annex-error.ts';
import { inOrder } from '../../util/in-order.ts';
import { usePlacement } from '../placement/placement.ts';
import type { Terminal } from '../terminal.ts';
import { FileType } from './file-type.ts';
import { makeTerm } from './make-term.ts';
import type { MatchTerm } from './match-term.ts';
import type { MatchedItem } from './matched-item.ts';
import type { MatchingOptions, MatchingWord } from './matching-options.ts';
import type { MatchingTools } from './matching-tools.ts';
import { presentHereTerm } from './presence-terms.ts';

export interface ItemMatcherOptions extends MatchingOptions {
  /** What to match where no option says: everything, or what is present here. */
  readonly otherwise: 'anything' | 'present';
  /** Keys are acted on, of which nobody names a file: options that look at files are refused. */
  readonly actsOnKeys: boolean;
  readonly terminal: Terminal;
}

/**
 * Makes the matcher, works with it, and ends what it started. Throws AnnexError('config') for an option that says nothing.
 */
export async function useMatcher<T>(
  annex: OpenAnnex,
  options: ItemMatcherOptions,
  work: (matcher: ItemMatcher) => Promise<T>,
): Promise<T> {
  // Only what a repository wants may depend on sizes.
  const withSizes = options.matching?.some(({ name }) => name.startsWith('want-')) === true;
  return await usePlacement(annex, { ...options, withSizes }, async (placement) => {
    const { repositories, repositoryNamed, subjects } = placement;
    const fileType = new FileType();
    try {
      const matcher = await parseWords(options, {
        annex,
        terminal: options.terminal,
        repositories,
        preferredContent: new PreferredContent(repositories),
        repositoryNamed,
        fileType,
      });
      return await work(new ItemMatcher(matcher, subjects));
    } finally {
      await fileType.close();
    }
  });
}

export class ItemMatcher {
  readonly #matcher: Matcher<MatchTerm>;
  readonly #needs: ReadonlySet<SubjectNeed>;
  readonly #subjects: SubjectReader;

  constructor(matcher: Matcher<MatchTerm>, subjects: SubjectReader) {
    this.#matcher = matcher;
    this.#subjects = subjects;
    this.#needs = new Set([...termsOf(matcher)].flatMap(({ term }) => [...term.needs]));
  }

  /** The items that match, in their order; many are looked at at once. */
  async *filter<Item extends MatchedItem>(items: AsyncIterable<Item>): AsyncGenerator<Item> {
    const judged = inOrder(items, {
      atOnce: judgedAtOnce,
      work: async (item) => ({ item, matches: await this.matches(item) }),
    });
    for await (const { item, matches } of judged) if (matches) yield item;
  }

  /** May be asked about many items at once. */
  async matches(item: MatchedItem): Promise<boolean> {
    return await matchSteps(this.#matcher, item, await this.read(item, this.#needs));
  }

  /** What is known of an item. */
  async read({ file, key }: MatchedItem, needs: ReadonlySet<SubjectNeed>): Promise<Subject> {
    return await this.#subjects.read(key, {
      file: file === undefined ? noFile : { type: 'path', path: file.topPath },
      needs,
      withAttributes: file?.isInTree !== true,
    });
  }
}

async function matchSteps(
  matcher: Matcher<MatchTerm>,
  item: MatchedItem,
  subject: Subject,
): Promise<boolean> {
  let value = true;
  for (const { join, negated, operand } of matcher) {
    if (value === (join === 'or')) continue;
    const found =
      operand.type === 'term'
        ? await operand.term.matches(item, subject)
        : await matchSteps(operand.steps, item, subject);
    value = found !== negated;
  }
  return value;
}

async function parseWords(
  { actsOnKeys, matching, otherwise }: ItemMatcherOptions,
  tools: MatchingTools,
): Promise<Matcher<MatchTerm>> {
  if (matching === undefined) {
    return otherwise === 'anything' ? [] : foldTokens([{ type: 'term', term: presentHereTerm(tools.annex) }]);
  }
  const tokens: Token<MatchTerm>[] = [];
  for (const word of matching) {
    const token = await tokenOf(word, tools);
    if (actsOnKeys && token.type === 'term' && token.term.needsFile === true) {
      throw new AnnexError(
        'config',
        `--${word.name} looks at the names of files: it cannot be used for keys, whose files nobody names`,
      );
    }
    tokens.push(token);
  }
  return foldTokens(tokens);
}

async function tokenOf(word: MatchingWord, tools: MatchingTools): Promise<Token<MatchTerm>> {
  switch (word.name) {
    case 'and':
    case 'or':
    case 'not':
      return { type: word.name };
    case '(':
      return { type: 'open' };
    case ')':
      return { type: 'close' };
    default:
      return { type: 'term', term: await makeTerm(word, tools) };
  }
}

/** Enough to keep git's answers coming. */
const judgedAtOnce = 256;
const noFile = { type: 'none' } as const;

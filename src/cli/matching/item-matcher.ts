/**
 * Which files or keys a command acts on: its matching options, made into one matcher. Terms are asked from left to right,
 * and not when what came before decides already.
 */

import type { OpenAnnex } from '../../node/annex/open-annex.ts';
import { describeRepositories, type Repositories as Described } from '../../node/annex/repositories.ts';
import { CopiesReader } from '../../node/placement/copies-reader.ts';
import { RepositoriesReader } from '../../node/placement/repositories-reader.ts';
import { SubjectReader } from '../../node/placement/subject-reader.ts';
import { foldTokens, type Matcher, type Token } from '../../preferred-content/fold-tokens.ts';
import { termsOf } from '../../preferred-content/judge.ts';
import { PreferredContent } from '../../preferred-content/preferred-content.ts';
import type { Subject, SubjectNeed } from '../../preferred-content/subject.ts';
import { AnnexError } from '../../types/annex-error.ts';
import type { Key } from '../../types/key.ts';
import type { TrustLevel } from '../../types/trust-level.ts';
import type { UUID } from '../../types/uuid.ts';
import { inOrder } from '../../util/in-order.ts';
import { namedRepository } from '../named-repository.ts';
import type { Terminal } from '../terminal.ts';
import { FileType } from './file-type.ts';
import { makeTerm } from './make-term.ts';
import type { MatchTerm } from './match-term.ts';
import type { MatchedItem } from './matched-item.ts';
import type { MatchingOptions, MatchingWord } from './matching-options.ts';
import type { MatchingTools } from './matching-tools.ts';
import { isHere, presentHereTerm } from './presence-terms.ts';
import { readSizes } from './read-sizes.ts';

export interface ItemMatcherOptions extends MatchingOptions {
  /** What to match where no option says: everything, or what is present here. */
  readonly otherwise: 'anything' | 'present';
  /** Keys are acted on, of which nobody names a file: options that look at files are refused. */
  readonly actsOnKeys: boolean;
  readonly terminal: Terminal;
  /** Where it is known already. */
  readonly described?: Described | undefined;
}

export class ItemMatcher implements AsyncDisposable {
  readonly #matcher: Matcher<MatchTerm>;
  readonly #needs: ReadonlySet<SubjectNeed>;
  readonly #subjects: SubjectReader;
  readonly #close: () => Promise<void>;

  /** Throws AnnexError('config') for an option that says nothing. */
  static async open(annex: OpenAnnex, options: ItemMatcherOptions): Promise<ItemMatcher> {
    const copies = new CopiesReader(annex.branch, {
      forced: {
        ...atLeastOne('numCopies', options.numcopies),
        ...atLeastOne('minCopies', options.mincopies),
      },
    });
    const fileType = new FileType();
    const close = async (): Promise<void> => {
      await copies.close();
      await fileType.close();
    };
    try {
      const tools = await openTools(annex, options, fileType);
      const matcher = await parseWords(options, tools);
      const { branch, locations } = annex;
      const here = { uuid: annex.uuid, hasContent: async (key: Key) => await isHere(annex, key) };
      return new ItemMatcher(matcher, new SubjectReader({ branch, locations, copies, here }), close);
    } catch (error) {
      await close();
      throw error;
    }
  }

  private constructor(matcher: Matcher<MatchTerm>, subjects: SubjectReader, close: () => Promise<void>) {
    this.#matcher = matcher;
    this.#subjects = subjects;
    this.#needs = new Set([...termsOf(matcher)].flatMap(({ term }) => [...term.needs]));
    this.#close = close;
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
    const file = item.file === undefined ? noFile : ({ type: 'path', path: item.file.topPath } as const);
    const subject = await this.#subjects.read(item.key, { file, needs: this.#needs });
    return await matchSteps(this.#matcher, item, subject);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
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

async function openTools(
  annex: OpenAnnex,
  options: ItemMatcherOptions,
  fileType: FileType,
): Promise<MatchingTools> {
  const { terminal } = options;
  const described = options.described ?? (await describeRepositories(annex));
  const repositoryNamed = (name: string): UUID =>
    namedRepository(name, { here: annex.uuid, repositories: described });
  if (options.trust !== undefined)
    terminal.err('annexus: Ignoring request to trust repository, because that can lead to data loss.\n');
  const forcedTrust = new Map<UUID, TrustLevel>([
    ...(options.semitrust ?? []).map((name) => [repositoryNamed(name), 'semitrusted'] as const),
    ...(options.untrust ?? []).map((name) => [repositoryNamed(name), 'untrusted'] as const),
  ]);
  const sizeOf =
    options.matching?.some(({ name }) => name.startsWith('want-')) === true
      ? await readSizes(annex)
      : () => undefined;
  const { rebalance } = options;
  const repositories = await new RepositoriesReader(annex.branch, { sizeOf, forcedTrust, rebalance }).read();
  return {
    annex,
    terminal,
    repositories,
    preferredContent: new PreferredContent(repositories),
    repositoryNamed,
    fileType,
  };
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
        `--${word.name} looks at the names of files: it cannot be used with --all or --key`,
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

function atLeastOne<Name extends string>(
  name: Name,
  value: number | undefined,
): Partial<Record<Name, number>> {
  return (value === undefined ? {} : { [name]: Math.max(1, value) }) as Partial<Record<Name, number>>;
}

/** Enough to keep git's answers coming. */
const judgedAtOnce = 256;
const noFile = { type: 'none' } as const;

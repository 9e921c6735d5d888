/**
 * `annexus explain FILE [REPOSITORY]`: whether repositories want a file, and why, term by term: to get it, to drop it, and
 * whether they must have it. Of all that have an expression, or of the one that is named; the exit status then says
 * whether the file is wanted there (0) or not (1).
 */

import { keySizeBytes } from '../../types/key.ts';
import { AnnexError } from '../../types/annex-error.ts';
import type { UUID } from '../../types/uuid.ts';
import { isClusterUUID } from '../../types/cluster-uuid.ts';
import { byteStringToText } from '../../util/byte-string.ts';
import { explainProblem } from '../../preferred-content/problems.ts';
import type { Explanation, JudgedTerm } from '../../preferred-content/explain.ts';
import { PreferredContent, type Verdict } from '../../preferred-content/preferred-content.ts';
import type { Subject, SubjectFile, SubjectNeed } from '../../preferred-content/subject.ts';
import type { Judgement } from '../../preferred-content/term.ts';
import { chosenKey, fileNamed } from '../items.ts';
import type { MatchedItem } from '../matching/matched-item.ts';
import { withoutControls } from '../quote-path.ts';
import { sizeText } from '../size-text.ts';
import type { Terminal } from '../terminal.ts';
import { withAnnex } from '../with-annex.ts';
import { choiceJSON, choiceLines } from './choice-text.ts';
import { usePlacement, type Placement, type PlacementOptions } from './placement.ts';

export interface ExplainOptions extends PlacementOptions {
  readonly key?: string | undefined;
  readonly json?: boolean | undefined;
}

export async function explain(
  words: readonly string[],
  options: ExplainOptions,
  terminal: Terminal,
): Promise<number> {
  const [path, name, ...more] = options.key === undefined ? words : [undefined, ...words];
  if (more.length > 0 || (path === undefined && options.key === undefined))
    throw new AnnexError('config', 'a file is wanted (or --key), and at most one repository');
  return await withAnnex(terminal, async (annex) => {
    const item =
      path === undefined ? chosenKey(options.key ?? '') : await fileNamed(annex, { cwd: terminal.cwd, path });
    if (item === undefined) throw new AnnexError('config', `${path ?? ''} is no annexed file`);
    const repositories = await usePlacement(
      annex,
      { ...options, withSizes: true, terminal },
      async (placement) => {
        const told = { file: path, ...(await explainItem(item, { name, placement })) };
        terminal.out(options.json === true ? explanationJSON(told) : explanationText(told));
        return told.repositories;
      },
    );
    return name === undefined || repositories[0]?.isWanted === true ? 0 : 1;
  });
}

async function explainItem(
  { file, key }: MatchedItem,
  { name, placement }: { readonly name: string | undefined; readonly placement: Placement },
): Promise<Omit<Told, 'file'>> {
  const content = new PreferredContent(placement.repositories);
  const uuids = name === undefined ? withExpressions(placement) : [placement.repositoryNamed(name)];
  const wantedFor: SubjectFile = file === undefined ? { type: 'none' } : { type: 'path', path: file.topPath };
  const needs = new Set<SubjectNeed>([...content.needs(uuids), 'locations', 'numcopies', 'here']);
  const subject = await placement.subjects.read(key, { file: wantedFor, needs });
  return { subject, repositories: uuids.map((uuid) => explainFor(uuid, { content, placement, subject })) };
}

interface RepositoryExplanation {
  readonly uuid: UUID;
  readonly title: string;
  readonly isPresent: boolean;
  /** To get it, or to keep it where it is. */
  readonly isWanted: boolean;
  readonly get: Verdict;
  readonly drop: Verdict;
  readonly required: Verdict;
  readonly fits: boolean;
  readonly problems: readonly string[];
  readonly nameOf: (uuid: UUID) => string;
}

interface Told {
  readonly file: string | undefined;
  readonly subject: Subject;
  readonly repositories: readonly RepositoryExplanation[];
}

/** In the order of their titles. */
function withExpressions({ described, repositories }: Placement): readonly UUID[] {
  const uuids = new Set([...repositories.preferred.keys(), ...repositories.required.keys()]);
  return [...uuids]
    .filter((uuid) => repositories.trustOf(uuid) !== 'dead')
    .sort((left, right) => (described.title(left) < described.title(right) ? -1 : 1));
}

/** Where a repository has no expression, sync and clusters let it have everything. */
function explainFor(
  uuid: UUID,
  {
    content,
    placement,
    subject,
  }: { readonly content: PreferredContent; readonly placement: Placement; readonly subject: Subject },
): RepositoryExplanation {
  const { here, locations } = subject;
  const isPresent = here?.uuid === uuid ? here.hasContent : locations.has(uuid);
  const get = content.wantsGet(uuid, subject, { otherwise: true });
  const drop = content.wantsDrop(uuid, subject, { otherwise: false });
  return {
    uuid,
    title: placement.described.title(uuid),
    isPresent,
    isWanted: isPresent ? drop.value === false : get.value === true,
    get,
    drop,
    required: content.requires(uuid, subject),
    fits: content.fits(uuid, subject),
    problems: content.problems(uuid).map(explainProblem).map(byteStringToText),
    nameOf: (other) => placement.described.title(other) || other,
  };
}

function explanationText({ file, subject, repositories }: Told): string {
  const { key, locations, numCopies } = subject;
  const size = keySizeBytes(key);
  const copies = [...locations].filter((uuid) => !isClusterUUID(uuid)).length;
  const lines = [
    `${file ?? byteStringToText(key)}: ${size === undefined ? 'of unknown size' : sizeText(size)}, ${copies} of ${numCopies} ${numCopies === 1 ? 'copy' : 'copies'}`,
    ...repositories.flatMap(repositoryLines),
  ];
  if (repositories.length === 0) lines.push('  no repository has an expression');
  return withoutControls(lines.map((line) => `${line}\n`).join(''));
}

function repositoryLines({
  drop,
  fits,
  get,
  isPresent,
  isWanted,
  nameOf,
  problems,
  required,
  uuid,
}: RepositoryExplanation): string[] {
  const wanted = isPresent
    ? `has it, ${isWanted ? 'keeps it' : 'would drop it'}`
    : `lacks it, ${isWanted ? 'wants it' : 'does not want it'}`;
  const judged = [get, drop, required].map((verdict) => verdict.explain());
  return [
    `  ${nameOf(uuid)}: ${wanted}`,
    `    get: ${verdictText(get)}`,
    `    drop: ${verdictText(drop)}`,
    ...(required.explain().reason === 'no-expression' ? [] : [`    required: ${verdictText(required)}`]),
    ...new Set(judged.flatMap(({ terms }) => choiceLines(terms, nameOf)).map((line) => `    ${line}`)),
    ...(fits ? [] : ['    there is no room for it (maxsize)']),
    ...problems.map((problem) => `    ${problem}`),
  ];
}

function verdictText(verdict: Verdict): string {
  const { reason, terms, text } = verdict.explain();
  const shown = byteStringToText(text);
  // What a reference stands for is told after it.
  const inner = terms.map((term) => termText(term)).filter((term) => !shown.includes(term));
  const more = inner.length === 0 ? '' : `, where ${inner.join(', ')}`;
  return `${valueWord(verdict.value)}, ${reasonText(reason)}${shown}${more}`;
}

function termText({ text, value }: JudgedTerm): string {
  const shown = value === undefined ? 'UNKNOWN' : value ? 'TRUE' : 'FALSE';
  return `${byteStringToText(text)}[${shown}]`;
}

function valueWord(value: Judgement): string {
  return value === undefined ? 'not known' : value ? 'yes' : 'no';
}

function reasonText(reason: Explanation['reason']): string {
  switch (reason) {
    case 'expression':
      return 'since ';
    case 'no-expression':
      return 'for want of an expression';
    case 'unparsable':
      return 'since its expression does not parse and counts as "present": ';
    case 'unstable':
      return 'since its expression is not stable: ';
  }
}

function explanationJSON({ file, subject, repositories }: Told): string {
  const told = (verdict: Verdict, { nameOf }: RepositoryExplanation): object => {
    const { value } = verdict;
    const { reason, terms, text } = verdict.explain();
    return {
      explanation: byteStringToText(text),
      reason,
      terms: terms.map(({ choice, text: term, value: termValue }) => ({
        ...(choice === undefined ? {} : { choice: choiceJSON(choice, nameOf) }),
        text: byteStringToText(term),
        value: termValue,
      })),
      value,
    };
  };
  return `${JSON.stringify({
    command: 'explain',
    'error-messages': [],
    file,
    key: byteStringToText(subject.key),
    numcopies: subject.numCopies,
    repositories: repositories.map((one) => ({
      description: one.title,
      drop: told(one.drop, one),
      fits: one.fits,
      get: told(one.get, one),
      present: one.isPresent,
      problems: one.problems,
      required: told(one.required, one),
      uuid: one.uuid,
      wanted: one.isWanted,
    })),
    success: true,
  })}\n`;
}

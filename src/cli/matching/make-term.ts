/** Makes the terms of the matching options. Those that expressions have too are the same ones. */

import { parseTerm } from '../../preferred-content/parse-term.ts';
import type { Term } from '../../preferred-content/term.ts';
import { AnnexError } from '../../types/annex-error.ts';
import { textToByteString } from '../../util/byte-string.ts';
import { accessedWithinTerm, fileTypeTerm } from './content-terms.ts';
import { includeSameContentTerm, includeTerm, lockedTerm, negated } from './file-terms.ts';
import type { MatchTerm } from './match-term.ts';
import type { MatchingWord } from './matching-options.ts';
import type { MatchingTools } from './matching-tools.ts';
import { inTerm, loggedTerm, sinceTerm } from './presence-terms.ts';
import { wantDropTerm, wantGetTerm } from './wanted-terms.ts';

/** Throws AnnexError('config') for a value that says nothing, and a repository that is not known. */
export async function makeTerm({ name, value }: MatchingWord, tools: MatchingTools): Promise<MatchTerm> {
  const here = tools.annex.uuid;
  switch (name) {
    case 'in':
      return await inTerm(value, tools);
    case 'expected-present':
      return loggedTerm(here);
    case 'want-get':
      return wantGetTerm(here, tools);
    case 'want-get-by':
      return wantGetTerm(tools.repositoryNamed(value), tools);
    case 'want-drop':
      return wantDropTerm(here, tools);
    case 'want-drop-by':
      return wantDropTerm(tools.repositoryNamed(value), tools);
    case 'accessedwithin':
      return accessedWithinTerm(value, tools);
    case 'presentsince':
    case 'lackingsince':
    case 'changedsince':
      return await sinceTerm(name, value, tools);
    case 'mimetype':
      return fileTypeTerm('mime-type', value, tools);
    case 'mimeencoding':
      return fileTypeTerm('mime-encoding', value, tools);
    case 'locked':
    case 'unlocked':
      return lockedTerm(name === 'locked');
    case 'include':
      return includeTerm(value);
    case 'exclude':
      return negated(includeTerm(value));
    case 'includesamecontent':
      return includeSameContentTerm(value, tools);
    case 'excludesamecontent':
      return negated(includeSameContentTerm(value, tools));
    default:
      return expressionTerm({ name, value }, tools);
  }
}

function expressionTerm({ name, value }: MatchingWord, tools: MatchingTools): MatchTerm {
  const text = textToByteString(value === '' && !takesValue.has(name) ? name : `${name}=${value}`);
  const term: Term | undefined = parseTerm(text);
  if (term === undefined) throw new AnnexError('config', `no matching option: --${name}`);
  const { annex, repositories } = tools;
  return {
    needs: term.needs,
    matches: (_item, subject) =>
      term.judge({
        uuid: annex.uuid,
        subject,
        locations: subject.locations,
        assumeAbsent: new Set(),
        repositories,
      }) === true,
  };
}

const takesValue: ReadonlySet<string> = new Set([
  'copies',
  'lackingcopies',
  'approxlackingcopies',
  'inbackend',
  'inallgroup',
  'onlyingroup',
  'metadata',
  'url',
  'largerthan',
  'smallerthan',
]);

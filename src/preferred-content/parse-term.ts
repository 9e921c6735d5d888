/** One word of an expression that is no operator, `copies=2` for instance, as a term. */

import type { ByteString } from '../util/byte-string.ts';
import type { Term } from './term.ts';
import {
  balancedTerm,
  fullyBalancedTerm,
  fullySizeBalancedTerm,
  sizeBalancedTerm,
} from './terms/balanced-terms.ts';
import { approxLackingCopiesTerm, copiesTerm, lackingCopiesTerm } from './terms/copies-terms.ts';
import { excludeTerm, includeTerm, inPreferredDirTerm } from './terms/file-terms.ts';
import { inAllGroupTerm, onlyInGroupTerm } from './terms/group-terms.ts';
import {
  inBackendTerm,
  largerThanTerm,
  secureHashTerm,
  smallerThanTerm,
  unusedTerm,
  urlTerm,
} from './terms/key-terms.ts';
import { metadataTerm } from './terms/metadata-term.ts';
import { constantTerm, presentTerm } from './terms/presence-terms.ts';

/** Undefined for a word that git-annex does not know either. Throws `config` for a value that makes no sense. */
export function parseTerm(word: ByteString): Term | undefined {
  const simple = simpleTerms.get(word);
  if (simple !== undefined) return simple(word);
  const equals = word.indexOf('=');
  const name = equals === -1 ? word : word.slice(0, equals);
  return valueTerms.get(name)?.(equals === -1 ? '' : word.slice(equals + 1), word);
}

const simpleTerms: ReadonlyMap<ByteString, (text: ByteString) => Term> = new Map([
  ['anything', (text: ByteString) => constantTerm(true, text)],
  ['nothing', (text: ByteString) => constantTerm(false, text)],
  ['present', presentTerm],
  ['inpreferreddir', inPreferredDirTerm],
  ['securehash', secureHashTerm],
  ['unused', unusedTerm],
]);

const valueTerms: ReadonlyMap<ByteString, (value: ByteString, text: ByteString) => Term> = new Map([
  ['include', includeTerm],
  ['exclude', excludeTerm],
  ['copies', copiesTerm],
  ['lackingcopies', lackingCopiesTerm],
  ['approxlackingcopies', approxLackingCopiesTerm],
  ['inallgroup', inAllGroupTerm],
  ['onlyingroup', onlyInGroupTerm],
  ['inbackend', inBackendTerm],
  ['largerthan', largerThanTerm],
  ['smallerthan', smallerThanTerm],
  ['metadata', metadataTerm],
  ['url', urlTerm],
  ['balanced', balancedTerm],
  ['fullybalanced', fullyBalancedTerm],
  ['sizebalanced', sizeBalancedTerm],
  ['fullysizebalanced', fullySizeBalancedTerm],
]);

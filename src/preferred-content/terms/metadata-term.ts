/**
 * `metadata`: whether some value of a field matches.
 *
 *     metadata=author=*smith     a glob, whatever the case
 *     metadata=pages>=100        a comparison: of numbers where both are, of text otherwise
 */

import { foldFieldName } from '../../logs/family/metadata-log.ts';
import { AnnexError } from '../../types/annex-error.ts';
import { byteStringToText, type ByteString } from '../../util/byte-string.ts';
import { parseGlob } from '../glob.ts';
import { makeTerm, type Term } from '../term.ts';
import { parseMetaDataNumber } from './metadata-number.ts';

/** Throws `config` for what is no field's name. */
export function metadataTerm(value: ByteString, text: ByteString): Term {
  const [, name = '', operator = '=', operand = ''] = /^([^=<>]*)(?:(<=?|>=?|=)(.*))?$/s.exec(value) ?? [];
  if (!fieldName.test(byteStringToText(name)))
    throw new AnnexError('config', `Illegal metadata field name, "${name}"`);
  const folded = foldFieldName(name);
  const holds = comparisons.get(operator);
  const matches = holds === undefined ? parseGlob(operand, { ignoreCase: true }) : comparison(holds, operand);
  return makeTerm({
    text,
    needs: ['metadata'],
    judge: ({ subject }) => {
      for (const [field, values] of subject.metadata)
        if (foldFieldName(field) === folded && values.some(matches)) return true;
      return false;
    },
  });
}

type Holds = (order: 'less' | 'same' | 'greater' | 'incomparable') => boolean;

const comparisons: ReadonlyMap<string, Holds> = new Map<string, Holds>([
  ['<', (order) => order === 'less'],
  ['<=', (order) => order === 'less' || order === 'same'],
  ['>', (order) => order === 'greater'],
  ['>=', (order) => order === 'greater' || order === 'same'],
]);

function comparison(holds: Holds, operand: ByteString): (value: ByteString) => boolean {
  const number = parseMetaDataNumber(operand);
  return (value) => {
    const own = number === undefined ? undefined : parseMetaDataNumber(value);
    if (own === undefined || number === undefined) return holds(compare(value, operand));
    return holds(compare(own, number));
  };
}

function compare<T extends string | number>(left: T, right: T): Parameters<Holds>[0] {
  if (left < right) return 'less';
  if (left > right) return 'greater';
  return left === right ? 'same' : 'incomparable';
}

const fieldName = /^[\p{L}\p{N}][\p{L}\p{N}_.-]*$/u;

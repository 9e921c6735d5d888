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

/** Throws `config` for what is no field's name. */
export function metadataTerm(value: ByteString, text: ByteString): Term {
  const [, name = '', operator = '=', operand = ''] = /^([^=<>]*)(?:(<=?|>=?|=)(.*))?$/s.exec(value) ?? [];
  if (!fieldName.test(byteStringToText(name)))
    throw new AnnexError('config', `Illegal metadata field name, "${name}"`);
  const folded = foldFieldName(name);
  const matches = operator === '=' ? parseGlob(operand, { ignoreCase: true }) : comparison(operator, operand);
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

function comparison(operator: string, operand: ByteString): (value: ByteString) => boolean {
  const number = parseNumber(operand);
  return (value) => {
    const own = number === undefined ? undefined : parseNumber(value);
    const order = own === undefined || number === undefined ? compare(value, operand) : compare(own, number);
    return operator.startsWith('<')
      ? order < 0 || (order === 0 && operator === '<=')
      : order > 0 || (order === 0 && operator === '>=');
  };
}

function compare<T extends string | number>(left: T, right: T): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The number that a text begins with. */
function parseNumber(text: ByteString): number | undefined {
  const [, minus, digits] = /^[ \t-\r]*(-?)[ \t-\r]*(\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)/.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits) * (minus === '-' ? -1 : 1);
}

const fieldName = /^[\p{L}\p{N}][\p{L}\p{N}_.-]*$/u;

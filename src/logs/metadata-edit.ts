/**
 * Edits of a key's metadata, as `git annex metadata` takes them: each is worked out from what is set now, and where
 * several speak of one value the last counts.
 */

import { byteStringToUTF8, type ByteString } from '../util/byte-string.ts';
import { foldFieldName } from './family/metadata-log.ts';
import type { MetaDataChange } from './metadata-log.ts';

export type MetaDataEdit =
  /** In place of all values that the field has. */
  | { readonly type: 'set'; readonly field: ByteString; readonly value: ByteString }
  | { readonly type: 'set-if-unset'; readonly field: ByteString; readonly value: ByteString }
  | { readonly type: 'add'; readonly field: ByteString; readonly value: ByteString }
  | { readonly type: 'remove'; readonly field: ByteString; readonly value: ByteString }
  | { readonly type: 'remove-field'; readonly field: ByteString }
  | { readonly type: 'remove-all' };

/** Letters and digits of any script, and `_`, `-` and `.` after the first. */
export function isMetaDataField(name: ByteString): boolean {
  return fieldPattern.test(byteStringToUTF8(name) ?? '');
}

/** `lastchanged` and `FIELD-lastchanged` are derived, and nobody sets them. */
export function isDerivedField(name: ByteString): boolean {
  return /(?:^|-)lastchanged$/.test(foldFieldName(name));
}

/**
 * What the edits change.
 * @param current the values that are set now; derived fields are passed over
 * @returns undefined where they change nothing and say nothing anew
 */
export function changeOfEdits(
  current: ReadonlyMap<ByteString, readonly ByteString[]>,
  edits: readonly MetaDataEdit[],
): Required<Omit<MetaDataChange, 'nowSeconds'>> | undefined {
  const set = new Map([...current].map(([name, values]) => [foldFieldName(name), values]));
  const change = new FieldChanges();
  let saysSomething = false;
  for (const edit of edits) {
    if (edit.type === 'remove-all') {
      for (const [name, values] of current) change.say(name, values, false);
    } else {
      const values = set.get(foldFieldName(edit.field)) ?? [];
      if (edit.type === 'set-if-unset' && values.length > 0) continue;
      if (edit.type === 'set' || edit.type === 'remove-field') change.say(edit.field, values, false);
      if (edit.type !== 'remove-field') change.say(edit.field, [edit.value], edit.type !== 'remove');
    }
    saysSomething = true;
  }
  return saysSomething ? change.result() : undefined;
}

class FieldChanges {
  readonly #fields = new Map<ByteString, { name: ByteString; readonly values: Map<ByteString, boolean> }>();

  say(name: ByteString, values: readonly ByteString[], isSet: boolean): void {
    if (isDerivedField(name)) return;
    const folded = foldFieldName(name);
    const field = this.#fields.get(folded) ?? { name, values: new Map<ByteString, boolean>() };
    field.name = name;
    for (const value of values) field.values.set(value, isSet);
    this.#fields.set(folded, field);
  }

  result(): Required<Omit<MetaDataChange, 'nowSeconds'>> {
    const part = (wanted: boolean): Map<ByteString, ByteString[]> =>
      new Map(
        Array.from(this.#fields.values(), ({ name, values }) => [
          name,
          [...values].filter(([, isSet]) => isSet === wanted).map(([value]) => value),
        ]),
      );
    return { set: part(true), unset: part(false) };
  }
}

const fieldPattern = /^[\p{L}\p{N}][\p{L}\p{N}._-]*$/u;

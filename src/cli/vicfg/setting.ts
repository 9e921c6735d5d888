/** A kind of setting that `vicfg` shows: one log, and how its values read in the edited text. */

import type { ByteString } from '../../util/byte-string.ts';

export interface Setting {
  readonly name: string;
  readonly log: ByteString;
  /** What its fields are. */
  readonly of: 'repository' | 'group' | 'config' | 'default';
  /** Its value where it is not set, which a removed line brings back; undefined: then a removed line changes nothing. */
  readonly initial?: ByteString | undefined;
  /** The values that are set, in normal form. */
  read(content: ByteString): ReadonlyMap<ByteString, ByteString>;
  /** The normal form of what somebody wrote. Throws AnnexError('config'). */
  parse(value: ByteString): ByteString;
  /** The order in which values are listed; by their bytes unless given. */
  readonly compare?: ((left: ByteString, right: ByteString) => number) | undefined;
  /** The whole log after a change to a value in normal form. */
  change(content: ByteString, change: SettingChange): ByteString;
}

export interface SettingChange {
  readonly field: ByteString;
  readonly value: ByteString;
  readonly nowSeconds: number;
}

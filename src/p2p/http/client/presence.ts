/**
 * CHECKPRESENT over HTTP. It exists in every version, so it is also what finds out whether the server serves the
 * repository at all: anything but a plain yes or no throws.
 */

import type { Key } from '../../../types/key.ts';
import { AnnexError } from '../../../types/annex-error.ts';
import type { AnnexApi, Asking } from './annex-api.ts';
import { booleanOf } from './answer.ts';

export async function askPresent(key: Key, api: AnnexApi, asking: Asking): Promise<boolean> {
  const reply = await api.ask({ endpoint: 'checkpresent', query: { key } }, asking);
  if (reply === undefined) throw new AnnexError('invariant', 'no version for checkpresent');
  return booleanOf(await api.json(reply), 'present');
}

/** `gcryptsetup GCRYPTID`: notes the id of an encrypted git repository in a bare one that is no annex. */

import { byteStringToText, textToByteString } from '../../util/byte-string.ts';
import type { ShellSession } from './session.ts';
import { ShellError } from './shell-error.ts';

export async function gcryptSetup({ command, git, ownUUID }: ShellSession): Promise<number> {
  const [id, ...excess] = command.parameters;
  if (id === undefined || excess.length > 0) throw new ShellError('gcryptsetup takes the gcrypt id');
  if (ownUUID !== undefined)
    throw new ShellError('gcryptsetup refusing to run; this repository already has a git-annex uuid!');
  if (!git.bare) throw new ShellError('cannot use gcrypt in a non-bare repository');
  const known = (await git.config()).get('core.gcrypt-id') ?? '';
  if (known !== '' && known !== textToByteString(id))
    throw new ShellError(
      `gcryptsetup refusing to run; this repository has the gcrypt id ${byteStringToText(known)}`,
    );
  await git.setConfig('core.gcrypt-id', textToByteString(id));
  return 0;
}

/** The keys that a command names, and who asks when it is a command line that asks. */

import type { Context } from '../../remote/remote.ts';
import { parseKey, type Key } from '../../types/key.ts';
import { parseUUID, type UUID } from '../../types/uuid.ts';
import { textToByteString } from '../../util/byte-string.ts';
import type { ShellCommand } from './command-words.ts';
import type { ShellSession } from './session.ts';
import { ShellError } from './shell-error.ts';

export function namedKeys({ parameters }: ShellCommand): readonly Key[] {
  return parameters.map((text) => {
    const key = parseKey(textToByteString(text));
    if (key === undefined) throw new ShellError('bad key');
    return key;
  });
}

export function sessionContext({ command, signal }: ShellSession, ownUUID: UUID): Context {
  const clientUUID = parseUUID(command.fields.get('remoteuuid') ?? '') ?? ownUUID;
  return { clientUUID, bypass: [], requestId: `shell ${process.pid}`, signal };
}

/** The repository that the client means (`--uuid`), without loading what serves others than this one. */

import { parseUUID, type UUID } from '../../types/uuid.ts';
import { byteStringToText, textToByteString } from '../../util/byte-string.ts';
import type { ShellSession } from './session.ts';
import { ShellError } from './shell-error.ts';

/** What `--uuid` says; undefined where it was not given. */
export function wantedUUID({ command }: ShellSession): UUID | undefined {
  if (command.uuid === undefined) return undefined;
  const uuid = parseUUID(textToByteString(command.uuid));
  if (uuid === undefined) throw new ShellError(`--uuid ${command.uuid} is no UUID`);
  return uuid;
}

export function uninitialized(wanted: UUID): ShellError {
  return new ShellError(
    `expected repository UUID ${byteStringToText(wanted)} but found uninitialized repository`,
  );
}

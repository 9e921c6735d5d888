/** Changes of logs about one repository. What is said of a private one stays in the repository that it was said in. */

import type { UUID } from '../../types/uuid.ts';
import type { ByteString } from '../../util/byte-string.ts';
import { privateUUIDs } from '../branch/branch-location-log.ts';
import type { ChangeFile } from '../branch/annex-branch.ts';
import type { OpenAnnex } from './open-annex.ts';

/** @param options.uuid the repository that is spoken of; undefined: none */
export async function changeSetting(
  annex: OpenAnnex,
  { log, uuid }: { readonly log: ByteString; readonly uuid?: UUID | undefined },
  change: ChangeFile,
): Promise<void> {
  if (uuid === undefined || !privateUUIDs(await annex.git.config()).has(uuid)) {
    await annex.branch.change(log, change);
    return;
  }
  // What was said of it in public before it was private goes before, else it might stay the newest.
  const known = linesAbout(uuid, (await annex.branch.read(log)) ?? '');
  await annex.branch.change(log, (old) => change(`${old ?? ''}${known}`), { private: true });
}

function linesAbout(uuid: UUID, content: ByteString): ByteString {
  const lines = content.split('\n').filter((line) => line.split(' ').includes(uuid));
  return lines.map((line) => `${line}\n`).join('');
}

/**
 * The repository that a word of the command line names: `here` or `.`, a remote's name, a UUID or a description, in this
 * order, as git-annex has it.
 */

import type { Repositories } from '../node/annex/repositories.ts';
import { AnnexError } from '../types/annex-error.ts';
import { parseUUID, type UUID } from '../types/uuid.ts';
import { textToByteString } from '../util/byte-string.ts';

/** Throws AnnexError('config') where nothing has that name, or several repositories have that description. */
export function namedRepository(
  name: string,
  { here, repositories }: { readonly here: UUID; readonly repositories: Repositories },
): UUID {
  if (name === 'here' || name === '.') return here;
  const bytes = textToByteString(name);
  const { configured, instantiated } = repositories.remotes;
  const remote = [...configured, ...instantiated].find((candidate) => candidate.name === bytes);
  if (remote?.uuid !== undefined) return remote.uuid;
  const uuid = parseUUID(bytes);
  if (uuid !== undefined && repositories.uuids.includes(uuid)) return uuid;
  const described = repositories.uuids.filter((candidate) => repositories.isDescribedAs(candidate, name));
  const [only, another] = described;
  if (only === undefined) throw new AnnexError('config', `there is no available git remote named "${name}"`);
  if (another !== undefined) {
    throw new AnnexError(
      'config',
      `several repositories are described as "${name}": give the UUID of one: ${described.join(', ')}`,
    );
  }
  return only;
}

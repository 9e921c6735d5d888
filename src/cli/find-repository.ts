/** The repository that someone names: by a remote, `here` or `.`, its UUID, or its description. */

import type { OpenAnnex } from '../node/annex/open-annex.ts';
import type { Repositories } from '../node/annex/repositories.ts';
import { AnnexError } from '../types/annex-error.ts';
import { parseUUID, type UUID } from '../types/uuid.ts';
import { textToByteString } from '../util/byte-string.ts';

/** Undefined where no repository is known by that name, or several are described so. */
export function findRepository(
  name: string,
  { annex, repositories }: { readonly annex: OpenAnnex; readonly repositories: Repositories },
): UUID | undefined {
  if (name === 'here' || name === '.') return annex.uuid;
  const remoteName = textToByteString(name);
  const { configured, instantiated } = repositories.remotes;
  const remote = [...configured, ...instantiated].find((candidate) => candidate.name === remoteName);
  return remote?.uuid ?? findByUUIDOrDescription(name, repositories);
}

/** As `findRepository`. Throws AnnexError('config') where there is none. */
export function namedRepository(name: string, known: Parameters<typeof findRepository>[1]): UUID {
  const uuid = findRepository(name, known);
  if (uuid === undefined) throw new AnnexError('config', `there is no available git remote named "${name}"`);
  return uuid;
}

/** As `findRepository`, without remotes and `here`. */
export function findByUUIDOrDescription(name: string, repositories: Repositories): UUID | undefined {
  const uuid = parseUUID(textToByteString(name));
  if (uuid !== undefined && repositories.uuids.includes(uuid)) return uuid;
  const described = repositories.uuids.filter((candidate) => repositories.isDescribedAs(candidate, name));
  return described.length === 1 ? described[0] : undefined;
}

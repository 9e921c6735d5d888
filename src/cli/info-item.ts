/** What `annexus info ITEM` says about a remote, a repository, or an annexed file. */

import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { annexedFiles, type AnnexedFile } from '../node/annex/annexed-files.ts';
import { amountAt } from '../node/annex/annex-sizes.ts';
import type { ConfiguredRemote } from '../node/annex/configured-remotes.ts';
import type { OpenAnnex } from '../node/annex/open-annex.ts';
import { remoteOf } from '../node/annex/remotes.ts';
import type { Repositories } from '../node/annex/repositories.ts';
import { noAmount, type Amount } from '../node/sizes/amounts.ts';
import { isClusterUUID } from '../types/cluster-uuid.ts';
import { keySizeBytes } from '../types/key.ts';
import { parseUUID, type UUID } from '../types/uuid.ts';
import { byteStringToText, textToByteString } from '../util/byte-string.ts';
import { infoField, type InfoField } from './info-field.ts';
import type { InfoContext } from './info-context.ts';
import { remoteFields } from './info-remote.ts';
import { amountText, sizeText } from './size-text.ts';

export type InfoItem =
  | {
      /** What git-annex calls it: the remote's name, the repository's UUID, the file. */
      readonly title: string;
      readonly fields: AsyncIterable<InfoField>;
    }
  | { readonly note: string };

/** A directory or file comes first, then remotes by name, then repositories by UUID or description, as git-annex has it. */
export async function findItem(item: string, context: InfoContext): Promise<InfoItem> {
  const there = await stat(resolve(context.cwd, item)).catch(() => undefined);
  if (there?.isDirectory() === true)
    return { note: 'annexus has no information on directories: see git annex info' };
  const file = await findFile(item, context);
  if (file !== undefined) return { title: item, fields: fileFields(file, context) };
  const { annex, repositories } = context;
  const name = textToByteString(item);
  const { configured, instantiated } = repositories.remotes;
  const named = [...configured, ...instantiated].find((candidate) => candidate.name === name);
  const uuid = named?.uuid ?? (item === 'here' ? annex.uuid : findByUUIDOrDescription(item, repositories));
  if (uuid === undefined) return { note: 'not an annexed file or a remote or a uuid' };
  // Git-annex tells of the remote where a UUID is given, and of the repository where its description is.
  const isUUID = uuid === item && uuid !== annex.uuid;
  const remote = named ?? (isUUID ? remoteOf(uuid, repositories.remotes) : undefined);
  return {
    title: remote === undefined ? uuid : byteStringToText(remote.name),
    fields: repositoryFields(uuid, { remote, context }),
  };
}

/** Undefined where no repository is known by that name, or several are described so. */
function findByUUIDOrDescription(name: string, repositories: Repositories): UUID | undefined {
  const uuid = parseUUID(textToByteString(name));
  if (uuid !== undefined && repositories.uuids.includes(uuid)) return uuid;
  const described = repositories.uuids.filter((candidate) => repositories.isDescribedAs(candidate, name));
  return described.length === 1 ? described[0] : undefined;
}

async function* repositoryFields(
  uuid: UUID,
  { remote, context }: { readonly remote: ConfiguredRemote | undefined; readonly context: InfoContext },
): AsyncGenerator<InfoField> {
  yield* descriptionFields(uuid, context);
  if (remote !== undefined) yield* remoteFields(remote, context);
  yield* amountFields(uuid, context);
}

function* descriptionFields(uuid: UUID, { repositories }: InfoContext): Generator<InfoField> {
  yield infoField('uuid', uuid);
  yield infoField('description', repositories.title(uuid));
  yield infoField('trust', repositories.trust(uuid));
}

/** A cluster has what any of its nodes has. */
async function* amountFields(uuid: UUID, context: InfoContext): AsyncGenerator<InfoField> {
  const { annex, options, repositories } = context;
  if (options.fast === true) return;
  const { nodesByCluster } = repositories.remotes.clusters;
  const nodes = isClusterUUID(uuid) ? [...(nodesByCluster.get(uuid) ?? [])] : undefined;
  const alive = nodes?.filter((node) => repositories.trust(node) !== 'dead');
  const amount = alive === undefined ? await amountOf(annex, uuid) : await amountAt(annex, new Set(alive));
  yield infoField('remote annex keys', amount.keys);
  yield infoField('remote annex size', amountText(amount, options));
}

async function amountOf({ sizes: { sums } }: OpenAnnex, uuid: UUID): Promise<Amount> {
  await sums.look();
  return sums.amountOf(uuid) ?? noAmount;
}

async function findFile(item: string, { annex, cwd }: InfoContext): Promise<AnnexedFile | undefined> {
  if (annex.git.bare) return undefined;
  try {
    // Directories are dealt with before, so that the only one found is the file itself.
    for await (const file of annexedFiles(annex.git, { cwd, path: item })) return file;
  } catch {
    // Git knows no such path: then it is no annexed file.
  }
  return undefined;
}

async function* fileFields(
  { path, key }: AnnexedFile,
  { annex, options }: InfoContext,
): AsyncGenerator<InfoField> {
  const size = keySizeBytes(key);
  yield infoField('file', byteStringToText(path));
  yield infoField('size', size === undefined ? 'unknown' : sizeText(size, options));
  yield infoField('key', byteStringToText(key));
  const context = {
    clientUUID: annex.uuid,
    bypass: [],
    requestId: 'info',
    signal: new AbortController().signal,
  };
  const present = await annex.remote.checkPresent(key, context);
  yield { name: 'present', text: String(present), json: present };
}

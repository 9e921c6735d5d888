/** What `annexus info ITEM` says about a remote, a repository, or an annexed file. */

import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { annexedFiles, type AnnexedFile } from '../node/annex/annexed-files.ts';
import { repositorySizes } from '../node/annex/annex-sizes.ts';
import type { ConfiguredRemote } from '../node/annex/configured-remotes.ts';
import { parseClusterLog } from '../logs/cluster-log.ts';
import { parseProxyLog } from '../logs/proxy-log.ts';
import { isClusterUUID } from '../types/cluster-uuid.ts';
import { keySizeBytes } from '../types/key.ts';
import { parseUUID, type UUID } from '../types/uuid.ts';
import { byteStringToText, textToByteString } from '../util/byte-string.ts';
import { infoField, infoList, type InfoField } from './info-field.ts';
import type { InfoContext } from './info-context.ts';
import { sizeText } from './size-text.ts';

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
  const remote = repositories.remotes.find((candidate) => candidate.name === name);
  if (remote?.uuid !== undefined) return { title: item, fields: remoteFields(remote, remote.uuid, context) };
  const uuid = item === 'here' ? annex.uuid : findRepository(item, context);
  if (uuid !== undefined) return { title: uuid, fields: repositoryFields(uuid, context) };
  return { note: 'not an annexed file or a remote or a uuid' };
}

function findRepository(item: string, { repositories }: InfoContext): UUID | undefined {
  const uuid = parseUUID(textToByteString(item));
  if (uuid !== undefined && repositories.uuids.includes(uuid)) return uuid;
  const described = repositories.uuids.filter((candidate) => repositories.isDescribedAs(candidate, item));
  return described.length === 1 ? described[0] : undefined;
}

async function* remoteFields(
  remote: ConfiguredRemote,
  uuid: UUID,
  context: InfoContext,
): AsyncGenerator<InfoField> {
  const { annex } = context;
  yield* descriptionFields(uuid, context);
  yield infoField('remote', byteStringToText(remote.name));
  yield infoField('cost', remote.cost.toFixed(1));
  if (remote.url !== undefined) {
    yield infoField('type', 'git');
    yield infoField('repository location', byteStringToText(remote.url));
  }
  const proxied = parseProxyLog((await annex.branch.read('proxy.log')) ?? '').get(annex.uuid) ?? [];
  yield infoField('proxied', String(proxied.some((entry) => entry.uuid === uuid)));
  yield* amountFields(uuid, context);
}

async function* repositoryFields(uuid: UUID, context: InfoContext): AsyncGenerator<InfoField> {
  yield* descriptionFields(uuid, context);
  if (isClusterUUID(uuid)) yield* clusterFields(uuid, context);
  else yield* amountFields(uuid, context);
}

function* descriptionFields(uuid: UUID, { repositories }: InfoContext): Generator<InfoField> {
  yield infoField('uuid', uuid);
  yield infoField('description', repositories.title(uuid));
  yield infoField('trust', repositories.trust(uuid));
}

async function* amountFields(uuid: UUID, { annex, options }: InfoContext): AsyncGenerator<InfoField> {
  if (options.fast === true) return;
  const amount = (await repositorySizes(annex)).byUUID.get(uuid);
  yield infoField('remote annex keys', amount?.keys ?? 0);
  yield infoField('remote annex size', sizeText(amount?.sizeBytes ?? 0, options));
}

async function* clusterFields(uuid: UUID, { annex, repositories }: InfoContext): AsyncGenerator<InfoField> {
  const clusters = parseClusterLog((await annex.branch.read('cluster.log')) ?? '').nodesByCluster;
  const nodes = [...clusters].flatMap(([cluster, members]) => (cluster === uuid ? [...members] : []));
  yield infoField('cluster', 'true');
  yield infoList(
    'nodes',
    String(nodes.length),
    nodes.map((node) => `${node} -- ${repositories.title(node)}`),
    nodes.map((node) => ({ description: repositories.description(node), uuid: node })),
  );
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

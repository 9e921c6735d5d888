/** What `annexus info ITEM` is about, and what it says about a remote, a repository, or an annexed file. */

import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { amountAt } from '../node/annex/annex-sizes.ts';
import type { ConfiguredRemote } from '../node/annex/configured-remotes.ts';
import { remoteOf } from '../node/annex/remotes.ts';
import type { Repositories } from '../node/annex/repositories.ts';
import { addKey, noAmount, type Amount } from '../node/sizes/amounts.ts';
import { isClusterUUID } from '../types/cluster-uuid.ts';
import { keySizeBytes } from '../types/key.ts';
import { parseUUID, type UUID } from '../types/uuid.ts';
import { byteStringToText, textToByteString } from '../util/byte-string.ts';
import { infoField, type InfoField } from './info-field.ts';
import type { InfoContext } from './info-context.ts';
import { directoryFields, treeFields } from './info-files.ts';
import { remoteFields } from './info-remote.ts';
import { tallyItems } from './info-tally.ts';
import { chosenItems, fileNamed } from './items.ts';
import type { ItemMatcher } from './matching/item-matcher.ts';
import type { MatchedItem } from './matching/matched-item.ts';
import { isHere } from './placement/is-here.ts';
import { amountText } from './size-text.ts';

export type InfoItem =
  | {
      /** What git-annex calls it: the remote's name, the repository's UUID, what was named. */
      readonly title: string;
      /** Whether keys are looked at, and no files, so that matching options cannot look at files. */
      readonly actsOnKeys: boolean;
      /** The one file that it is. */
      readonly file?: MatchedItem | undefined;
      readonly fields: (matcher: ItemMatcher) => AsyncIterable<InfoField>;
    }
  | { readonly note: string };

/**
 * A directory or file comes first, then remotes by name, repositories by UUID or description, and trees, as git-annex has
 * it.
 */
export async function findItem(item: string, context: InfoContext): Promise<InfoItem> {
  const { annex, cwd, repositories } = context;
  const there = await stat(resolve(cwd, item)).catch(() => undefined);
  if (there?.isDirectory() === true)
    return { title: item, actsOnKeys: false, fields: (matcher) => directoryFields(item, matcher, context) };
  const file = annex.git.bare ? undefined : await fileNamed(annex, { cwd, path: item });
  if (file !== undefined)
    return { title: item, actsOnKeys: false, file, fields: () => fileFields(file, context) };
  const name = textToByteString(item);
  const { configured, instantiated } = repositories.remotes;
  const named = [...configured, ...instantiated].find((candidate) => candidate.name === name);
  const uuid = named?.uuid ?? (item === 'here' ? annex.uuid : findByUUIDOrDescription(item, repositories));
  if (uuid === undefined) {
    if (!(await isTree(item, context)))
      return { note: 'not a directory or an annexed file or a treeish or a remote or a uuid' };
    return { title: item, actsOnKeys: true, fields: (matcher) => treeFields(item, matcher, context) };
  }
  // Git-annex tells of the remote where a UUID is given, and of the repository where its description is.
  const isUUID = uuid === item && uuid !== annex.uuid;
  const remote = named ?? (isUUID ? remoteOf(uuid, repositories.remotes) : undefined);
  return {
    title: remote === undefined ? uuid : byteStringToText(remote.name),
    actsOnKeys: true,
    fields: (matcher) => repositoryFields(uuid, { remote, context, matcher }),
  };
}

/** Undefined where no repository is known by that name, or several are described so. */
function findByUUIDOrDescription(name: string, repositories: Repositories): UUID | undefined {
  const uuid = parseUUID(textToByteString(name));
  if (uuid !== undefined && repositories.uuids.includes(uuid)) return uuid;
  const described = repositories.uuids.filter((candidate) => repositories.isDescribedAs(candidate, name));
  return described.length === 1 ? described[0] : undefined;
}

interface RepositoryInfo {
  readonly remote: ConfiguredRemote | undefined;
  readonly context: InfoContext;
  readonly matcher: ItemMatcher;
}

async function* repositoryFields(
  uuid: UUID,
  { remote, context, matcher }: RepositoryInfo,
): AsyncGenerator<InfoField> {
  yield* descriptionFields(uuid, context);
  if (remote !== undefined) yield* remoteFields(remote, context);
  if (context.options.fast === true) return;
  const amount = await amountOf(uuid, matcher, context);
  yield infoField('remote annex keys', amount.keys);
  yield infoField('remote annex size', amountText(amount, context.options));
}

function* descriptionFields(uuid: UUID, { repositories }: InfoContext): Generator<InfoField> {
  yield infoField('uuid', uuid);
  yield infoField('description', repositories.title(uuid));
  yield infoField('trust', repositories.trust(uuid));
}

/** A cluster has what any of its nodes has. */
async function amountOf(uuid: UUID, matcher: ItemMatcher, context: InfoContext): Promise<Amount> {
  const { annex, cwd, options, repositories } = context;
  if (options.matching !== undefined) {
    const keys = chosenItems(annex, { paths: [], all: true }, { cwd, unknown: () => undefined });
    const { byRepository } = await tallyItems(keys, { matcher, repositories, fast: false });
    return byRepository.get(uuid) ?? noAmount;
  }
  if (isClusterUUID(uuid)) {
    const nodes = [...(repositories.remotes.clusters.nodesByCluster.get(uuid) ?? [])];
    return await amountAt(annex, new Set(nodes.filter((node) => repositories.trust(node) !== 'dead')));
  }
  const { sums } = annex.sizes;
  await sums.look();
  return sums.amountOf(uuid) ?? noAmount;
}

async function isTree(name: string, { annex }: InfoContext): Promise<boolean> {
  const parse = async (revision: string): Promise<string | undefined> => {
    const words = ['rev-parse', '--verify', '--quiet', '--end-of-options', revision];
    const { exitCode, stdout } = await annex.git.run(words, { allow: [0, 1, 128] });
    return exitCode === 0 ? stdout.toString('latin1').trim().split('\n').at(-1) : undefined;
  };
  const id = await parse(name);
  return id !== undefined && (await parse(`${id}^{tree}`)) !== undefined;
}

async function* fileFields(
  { file, key }: MatchedItem,
  { annex, options }: InfoContext,
): AsyncGenerator<InfoField> {
  yield infoField('file', byteStringToText(file?.path ?? key));
  yield infoField('size', amountText(addKey(noAmount, keySizeBytes(key)), options));
  yield infoField('key', byteStringToText(key));
  const present = await isHere(annex, key);
  yield { name: 'present', text: String(present), json: present };
}

/**
 * What `annexus info` says about a remote as a remote: where it is, what it costs, and what is behind it, as git-annex
 * prints it. A remote that only exists through a gateway is `proxied`; what a gateway proxies for is told whether or not
 * this repository can reach it that way.
 */

import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { isPeerAddress, localPathOf, type ConfiguredRemote } from '../node/annex/configured-remotes.ts';
import { isClusterUUID } from '../types/cluster-uuid.ts';
import { byteStringToText, type ByteString } from '../util/byte-string.ts';
import { infoField, type InfoField } from './info-field.ts';
import type { InfoContext } from './info-context.ts';

export async function* remoteFields(
  remote: ConfiguredRemote,
  context: InfoContext,
): AsyncGenerator<InfoField> {
  const name = byteStringToText(remote.name);
  yield infoField('remote', name);
  yield infoField('cost', Number.isInteger(remote.cost) ? remote.cost.toFixed(1) : String(remote.cost));
  if (remote.url === undefined) return;
  yield infoField('type', typeOf(remote));
  const top = context.annex.git.workTree ?? context.annex.git.gitDir;
  // What is proxied is not at this path, and git-annex looks there all the same.
  const path = localPathOf(remote.url, top);
  const exists = path !== undefined && (await stat(path).catch(() => undefined)) !== undefined;
  yield infoField('available', String(exists || path === undefined));
  yield infoField(
    'repository location',
    path === undefined ? addressOf(remote.url) : pathOf(remote.url, { path, exists, top, cwd: context.cwd }),
  );
  yield infoField('last synced', await lastSynced(name, context));
  yield infoField('proxied', String(remote.proxiedBy !== undefined));
  if (remote.uuid !== undefined && isClusterUUID(remote.uuid)) yield infoField('cluster', 'true');
  yield* gatewayFields(remote, context);
}

function* gatewayFields(remote: ConfiguredRemote, { repositories }: InfoContext): Generator<InfoField> {
  const entries = remote.uuid === undefined ? [] : (repositories.remotes.proxies.get(remote.uuid) ?? []);
  const namesOf = (clusters: boolean): string =>
    entries
      .filter(({ uuid }) => isClusterUUID(uuid) === clusters)
      .map(({ name }) => byteStringToText(`${remote.name}-${name}`))
      .join(' ');
  const clusters = namesOf(true);
  const others = namesOf(false);
  if (clusters !== '') yield infoField('gateway to cluster', clusters);
  if (others !== '') yield infoField('proxying', others);
}

function typeOf({ url = '' }: ConfiguredRemote): string {
  if (isPeerAddress(url)) return 'p2p';
  return url.startsWith('gcrypt::') ? 'gcrypt' : 'git';
}

/** `host:path` is told as the URL that it stands for; passwords are not told. */
function addressOf(url: ByteString): string {
  const text = byteStringToText(url);
  if (!/^[^/:]+:(?![:/]\/?)|^[^/:]+:\/(?!\/)/.test(text)) {
    return text.replace(/^([a-z+]+:\/\/[^/@:]*):[^/@]*@/i, '$1@');
  }
  const colon = text.indexOf(':');
  const path = text.slice(colon + 1);
  return `ssh://${text.slice(0, colon)}${path.startsWith('/') ? path : `/~/${path}`}`;
}

interface LocalPlace {
  readonly path: string;
  readonly exists: boolean;
  readonly top: string;
  readonly cwd: string;
}

/** As seen from where the command was called; a path that is not there is taken for that of a bare repository. */
function pathOf(url: ByteString, { path, exists, top, cwd }: LocalPlace): string {
  const text = byteStringToText(url);
  const isAbsolute = text.startsWith('/') || text.startsWith('file://');
  const shown = isAbsolute ? path.replace(/\/\.git$/, '') : `${relative(cwd, top) || '.'}/${text}`;
  return exists ? shown : `${shown}.git`;
}

/** When a branch of the remote was last seen, by the files that git keeps of them. */
async function lastSynced(name: string, { annex }: InfoContext): Promise<string> {
  const directory = join(annex.git.gitDir, 'refs', 'remotes', name);
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  let latestMs: number | undefined;
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const there = await stat(join(entry.parentPath, entry.name)).catch(() => undefined);
    if (there !== undefined) latestMs = Math.max(latestMs ?? 0, there.mtimeMs);
  }
  if (latestMs === undefined) return 'never';
  return `${new Date(latestMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/**
 * Where nodes can be read by anyone, without this server: `remote.NAME.annexus-public-url` of the gateway, off unless set.
 *
 *     git config remote.bucket.annexus-public-url 'https://bucket.example.org/{key}'
 *     git config remote.mirror.annexus-public-url 'https://example.org/mirror/annex/objects/{hashdirlower}{keyfile}/{keyfile}'
 *
 * A browser that asks this server for a key is sent there, if the location log says that the remote has it.
 */

import { isClusterUUID, type ClusterUUID } from '../../types/cluster-uuid.ts';
import type { EventSink } from '../../types/event.ts';
import { hashDirLower, hashDirMixed } from '../../types/hash-dirs.ts';
import { keyFile } from '../../types/key-file.ts';
import type { Key } from '../../types/key.ts';
import type { UUID } from '../../types/uuid.ts';
import { byteStringToText, byteStringToUTF8, type ByteString } from '../../util/byte-string.ts';
import { percentEncodePath } from '../../p2p/http/values.ts';
import type { ConfiguredRemote } from '../annex/configured-remotes.ts';
import type { BranchLocationLog } from '../branch/branch-location-log.ts';
import type { GitConfig } from '../git/git-config.ts';

export interface PublicURLsOptions {
  readonly config: GitConfig;
  readonly remotes: readonly ConfiguredRemote[];
  readonly locations: BranchLocationLog;
  readonly events: EventSink;
}

export class PublicURLs {
  /** The cheapest first. */
  readonly #templates: ReadonlyMap<UUID, string>;
  readonly #locations: BranchLocationLog;

  constructor({ config, remotes, locations, events }: PublicURLsOptions) {
    this.#locations = locations;
    const templates = new Map<UUID, string>();
    for (const { name, uuid } of [...remotes].sort((left, right) => left.cost - right.cost)) {
      const setting = config.get(`remote.${name}.annexus-public-url`);
      if (setting === undefined || setting === '' || uuid === undefined || templates.has(uuid)) continue;
      const template = parseTemplate(setting);
      if (template !== undefined) templates.set(uuid, template);
      else
        events({
          type: 'warning',
          message: `remote.${byteStringToText(name)}.annexus-public-url ${mistake}`,
        });
    }
    this.#templates = templates;
  }

  /**
   * Undefined where nobody that has it has such a URL.
   * @param of only from this repository, or a node of this cluster
   */
  async find(key: Key, of: UUID | undefined): Promise<string | undefined> {
    if (this.#templates.size === 0) return undefined;
    const nodes = of !== undefined && isClusterUUID(of) ? await this.#nodesOf(of) : [of];
    const suitable = [...this.#templates].filter(([uuid]) => of === undefined || nodes.includes(uuid));
    if (suitable.length === 0) return undefined;
    const logged = new Set(await this.#locations.locations(key));
    const [uuid, template] = suitable.find(([each]) => logged.has(each)) ?? [];
    return uuid === undefined || template === undefined ? undefined : expand(template, key, uuid);
  }

  async #nodesOf(cluster: ClusterUUID): Promise<readonly UUID[]> {
    const { nodesByCluster } = await this.#locations.clusters();
    return [...(nodesByCluster.get(cluster) ?? [])];
  }
}

/** Undefined for what is no URL of the web, has a variable that there is not, or no key. */
function parseTemplate(setting: ByteString): string | undefined {
  const text = byteStringToUTF8(setting);
  if (text === undefined || !/^https?:\/\/[\u0021-\u007e]+$/.test(text)) return undefined;
  const variables = Array.from(text.matchAll(/\{([^}]*)\}/g), ([, name = '']) => name);
  const isKnown = variables.every((name) => Object.hasOwn(values, name));
  return isKnown && variables.some((name) => name.startsWith('key')) ? text : undefined;
}

function expand(template: string, key: Key, uuid: UUID): string {
  return template.replace(/\{([^}]*)\}/g, (_, name: keyof typeof values) =>
    encodeValue(values[name](key, uuid), { isPath: name.startsWith('hashdir') }),
  );
}

/** All but hash directories is one part of a path. */
function encodeValue(value: ByteString, { isPath }: { readonly isPath: boolean }): string {
  const encoded = percentEncodePath(value);
  return isPath ? encoded : encoded.replaceAll('/', '%2F');
}

const values = {
  key: (key: Key) => key,
  keyfile: (key: Key) => keyFile(key),
  hashdirmixed: (key: Key) => hashDirMixed(key),
  hashdirlower: (key: Key) => hashDirLower(key),
  uuid: (_: Key, uuid: UUID) => uuid,
} as const satisfies Record<string, (key: Key, uuid: UUID) => ByteString>;

const mistake =
  'is not used: it takes an http or https URL with {key} or {keyfile}, and {hashdirmixed}, {hashdirlower} and {uuid}';

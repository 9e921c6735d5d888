// A world to judge expressions in, under a seed: repositories in groups and of all trust levels, clusters, files with
// odd names, keys of all kinds, where they are, their metadata and URLs. All of it as files of the git-annex branch.
import { keyLogPath } from '../../../../src/logs/branch-path.ts';
import { changeClusterLog } from '../../../../src/logs/cluster-log.ts';
import { changeCopiesLog } from '../../../../src/logs/copies-log.ts';
import { changeGroupLog } from '../../../../src/logs/group-log.ts';
import { changeGroupPreferredContentLog } from '../../../../src/logs/group-preferred-content-log.ts';
import { changeLocationLog } from '../../../../src/logs/location-log.ts';
import { changeMaxSizeLog } from '../../../../src/logs/max-size-log.ts';
import { changeMetaDataLog } from '../../../../src/logs/metadata-log.ts';
import { changePreferredContentLog } from '../../../../src/logs/preferred-content-log.ts';
import { changeRemoteLog } from '../../../../src/logs/remote-log.ts';
import { changeTrustLog } from '../../../../src/logs/trust-log.ts';
import { changeUUIDLog } from '../../../../src/logs/uuid-log.ts';
import { changeWebLog } from '../../../../src/logs/web-log.ts';
import { genClusterUUID, type ClusterUUID } from '../../../../src/types/cluster-uuid.ts';
import { keySizeBytes, type Key } from '../../../../src/types/key.ts';
import { genUUID, type UUID } from '../../../../src/types/uuid.ts';
import type { ByteString } from '../../../../src/util/byte-string.ts';
import { pick, type Random } from '../random.ts';
import { BranchFiles } from './branch-files.ts';
import { list } from './list.ts';
import { randomKey, randomPaths } from './random-files.ts';
import { groupNames, randomExpression } from './random-expression.ts';

export interface PlacementWorld {
  readonly here: UUID;
  /** Every repository and cluster, each with an expression of its own. */
  readonly uuids: readonly UUID[];
  readonly files: readonly PlacementFile[];
  /** Whose objects are in this repository. */
  readonly contentHere: ReadonlySet<Key>;
  /** What the last `git annex unused` listed. */
  readonly unused: readonly Key[];
  readonly gitAttributes: string;
  readonly thresholdPercent: number;
  readonly branch: ReadonlyMap<ByteString, ByteString>;
  readonly locations: ReadonlyMap<Key, readonly UUID[]>;
}

export interface PlacementFile {
  readonly path: ByteString;
  readonly key: Key;
}

export interface WorldSize {
  readonly repositories: number;
  readonly files: number;
  /** Whether expressions may have what only the newest release knows. */
  readonly newest: boolean;
}

export function randomWorld(random: Random, size: WorldSize): PlacementWorld {
  const rng = { bytes: (count: number) => Uint8Array.from({ length: count }, () => random() * 256) };
  const nodes = Array.from({ length: size.repositories }, () => genUUID(rng));
  const clusters = [genClusterUUID(rng), genClusterUUID(rng)];
  const uuids = [...nodes, ...clusters];
  const branch = new BranchFiles();
  const paths = randomPaths(random, size.files);
  const files = paths.map((path, index) => ({ path, key: randomKey(random, index) }));

  // Those that no file uses add to the sizes of repositories.
  const unnamed = Array.from({ length: size.files / 2 }, (_, index) => randomKey(random, 1000 + index));
  const keys = [...files.map(({ key }) => key), ...unnamed];
  const crowd = random();
  const locations = new Map(
    keys.map((key) => {
      const chance = random() * crowd;
      return [key, random() < 0.1 ? [] : nodes.filter(() => random() < chance)] as const;
    }),
  );
  for (const key of keys) describeKey(branch, { random, key, present: locations.get(key) ?? [] });
  describeRepositories(branch, { random, nodes, clusters, sizes: sizesOf(locations), newest: size.newest });
  return {
    here: nodes[0] as UUID,
    uuids,
    files,
    contentHere: new Set(keys.filter(() => random() < 0.4)),
    unused: keys.filter(() => random() < 0.3),
    gitAttributes: random() < 0.3 ? '' : '*.mp3 annex.numcopies=3\narchive/* annex.numcopies=2\n',
    thresholdPercent: pick(random, [90, 50, 75, 100]),
    branch: branch.files,
    locations,
  };
}

interface DescribedKey {
  readonly random: Random;
  readonly key: Key;
  readonly present: readonly UUID[];
}

function describeKey(branch: BranchFiles, { random, key, present }: DescribedKey): void {
  branch.change(keyLogPath(key, { log: 'location', oneLevel: false }), (content) =>
    changeLocationLog(content, { present, nowSeconds }),
  );
  if (random() < 0.6) {
    const fields = Array.from({ length: 1 + Math.floor(random() * 3) }, (): [ByteString, ByteString[]] => [
      pick(random, fieldNames),
      Array.from({ length: 1 + Math.floor(random() * 2) }, () => pick(random, fieldValues)),
    ]);
    branch.change(keyLogPath(key, { log: 'metadata', oneLevel: false }), (content) =>
      changeMetaDataLog(content, { set: new Map(fields), nowSeconds }),
    );
  }
  if (random() < 0.4) {
    branch.change(keyLogPath(key, { log: 'web', oneLevel: false }), (content) =>
      changeWebLog(content, {
        present: Array.from({ length: 1 + Math.floor(random() * 2) }, () => ({
          url: pick(random, urls),
          downloader: pick(random, ['web', 'youtube-dl', 'other'] as const),
        })),
        nowSeconds,
      }),
    );
  }
}

interface Described {
  readonly random: Random;
  readonly nodes: readonly UUID[];
  readonly clusters: readonly ClusterUUID[];
  readonly sizes: ReadonlyMap<UUID, bigint>;
  readonly newest: boolean;
}

function describeRepositories(branch: BranchFiles, described: Described): void {
  const { random, nodes, clusters, newest } = described;
  const uuids = [...nodes, ...clusters];
  for (const uuid of uuids) {
    branch.change('uuid.log', (content) => changeUUIDLog(content, { uuid, description: 'r', nowSeconds }));
    // What `dead` clears is not cleared here: others may have put a dead repository into a group afterwards.
    const groups = groupNames.filter(() => random() < 0.14);
    branch.change('group.log', (content) => changeGroupLog(content, { uuid, groups, nowSeconds }));
    const preferred = random() < 0.95 ? randomExpression(random, { newest }) : undefined;
    const required = random() < 0.15 ? randomExpression(random, { newest }) : undefined;
    for (const [path, expression] of [
      ['preferred-content.log', preferred],
      ['required-content.log', required],
    ] as const)
      if (expression !== undefined)
        branch.change(path, (content) =>
          changePreferredContentLog(content, { uuid, expression, nowSeconds }),
        );
  }
  for (const uuid of nodes) describeNode(branch, { ...described, uuid });
  clusters.forEach((cluster, index) => {
    const members = nodes.filter((_, at) => at % 5 === index);
    branch.change('cluster.log', (content) =>
      changeClusterLog(content, { cluster, nodes: members, nowSeconds }),
    );
  });
  for (const group of groupNames) {
    if (random() > 0.4) continue;
    const expression = randomExpression(random, { newest });
    branch.change('group-preferred-content.log', (content) =>
      changeGroupPreferredContentLog(content, { group, expression, nowSeconds }),
    );
  }
  if (random() < 0.7) {
    const copies = 1 + Math.floor(random() * 4);
    branch.change('numcopies.log', (content) => changeCopiesLog(content, { copies, nowSeconds }));
  }
}

function describeNode(
  branch: BranchFiles,
  { random, uuid, sizes }: Described & { readonly uuid: UUID },
): void {
  const trust =
    random() < 0.6 ? undefined : pick(random, ['dead', 'untrusted', 'trusted', 'semitrusted'] as const);
  if (trust !== undefined)
    branch.change('trust.log', (content) => changeTrustLog(content, { uuid, trust, nowSeconds }));
  if (random() < 0.6) {
    const size = sizes.get(uuid) ?? 0n;
    const maxSizeBytes = pick(random, [
      0n,
      size,
      size + 5000n,
      size * 2n,
      size + size / 8n,
      size / 2n,
      10n ** 9n,
    ]);
    branch.change('maxsize.log', (content) => changeMaxSizeLog(content, { uuid, maxSizeBytes, nowSeconds }));
  }
  if (random() < 0.3) {
    const config = new Map<ByteString, ByteString>([
      ['name', `remote${uuid.slice(0, 6)}`],
      ['type', 'directory'],
      ['encryption', 'none'],
      ...(random() < 0.7
        ? [['preferreddir', pick(random, ['archive', 'b', 'a b'])] as [string, string]]
        : []),
    ]);
    branch.change('remote.log', (content) => changeRemoteLog(content, { uuid, config, nowSeconds }));
  }
}

/** Bytes of all that each repository is logged to have. */
export function sizesOf(locations: ReadonlyMap<Key, readonly UUID[]>): Map<UUID, bigint> {
  const sizes = new Map<UUID, bigint>();
  for (const [key, present] of locations)
    for (const uuid of present) sizes.set(uuid, (sizes.get(uuid) ?? 0n) + BigInt(keySizeBytes(key) ?? 0));
  return sizes;
}

const nowSeconds = 1_700_000_000;
const fieldNames = list('tag Author year x.y pages');
const fieldValues: readonly ByteString[] = [
  ...list(
    'done Done DÖNE 100 99 9 100.0 1e2 0x64 -5 5abc .5 5. NaN (5) a/b a//b b c[d 2024-05-06 ǆ Infinity',
  ),
  '',
  ' 7',
  '7 ',
  '- 5',
  'Jane Smith',
  'multi\nline',
];
const urls: readonly ByteString[] = list(
  'http://example.com/a https://example.com/dir//b.mp3 http://Example.com/A?x=1 http://example.com/größe magnet:?xt=urn:btih:1',
);

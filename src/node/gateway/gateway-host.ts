/**
 * The gateway over a real repository: reads from git's configuration and from the git-annex branch what it serves
 * (itself, proxied remotes, clusters), keeps its nodes open, and follows changes of either while it runs.
 *
 * What is served is looked at again at most once a second, when somebody asks; a request never waits for that unless it
 * names a UUID that is not served yet.
 */

import { isClusterUUID, type ClusterUUID } from '../../types/cluster-uuid.ts';
import type { EventSink } from '../../types/event.ts';
import type { UUID } from '../../types/uuid.ts';
import { byteStringToText, type ByteString } from '../../util/byte-string.ts';
import type { Clock, Rng } from '../../util/clock.ts';
import { buildGateway, type ConfiguredRemote as GatewayRemote, type Gateway } from '../../gateway/gateway.ts';
import { LocationTracker } from '../../gateway/location-tracker.ts';
import { selectLackingNodes, type NodeSelector } from '../../gateway/node-choice.ts';
import { parseClusterLog } from '../../logs/cluster-log.ts';
import { parsePreferredContentLog } from '../../logs/preferred-content-log.ts';
import { parseProxyLog } from '../../logs/proxy-log.ts';
import { deadUUIDs } from '../../logs/trust-log.ts';
import type { Remote } from '../../remote/remote.ts';
import {
  configuredClusters,
  discoverRemoteUUIDs,
  type ConfiguredRemote,
} from '../annex/configured-remotes.ts';
import { openAnnex, type OpenAnnex } from '../annex/open-annex.ts';
import type { GitRepository } from '../git/git-repository.ts';
import { digestFactory } from '../hash/digest.ts';
import { LocalNode } from './local-node.ts';
import { unreachableNode } from './unreachable-node.ts';

export interface HostOptions {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly events: EventSink;
}

export class GatewayHost {
  readonly annex: OpenAnnex;
  readonly #options: HostOptions;
  readonly #tracker: LocationTracker;
  readonly #selectNodes: NodeSelector;
  /** Nodes by UUID and path, so that they stay open when something else is configured anew. */
  readonly #nodes = new Map<string, LocalNode>();
  #gateway: Gateway;
  #basis = '';
  #checkedMs = Number.NEGATIVE_INFINITY;
  #refreshing: Promise<void> | undefined;
  #closed = false;

  /** Opens the gateway at `place` as `openAnnex` does. Throws AnnexError('config') where it is no annex. */
  static async open(place: string | GitRepository, options: HostOptions): Promise<GatewayHost> {
    const annex = await openAnnex(place, options);
    const host = new GatewayHost(annex, options);
    try {
      await annex.branch.update();
      await host.#refresh();
      return host;
    } catch (error) {
      await annex.close();
      throw error;
    }
  }

  private constructor(annex: OpenAnnex, options: HostOptions) {
    this.annex = annex;
    this.#options = options;
    this.#selectNodes = selectLackingNodes(options.events);
    this.#tracker = new LocationTracker(annex.locations, annex.uuid);
    this.#gateway = { resolve: () => undefined, served: [] };
  }

  /** The Remote served under this UUID; undefined where there is none. */
  async resolve(uuid: UUID): Promise<Remote | undefined> {
    const known = this.#gateway.resolve(uuid);
    const ageMs = this.#options.clock.now() - this.#checkedMs;
    // A clock that was set back makes it no fresher.
    const isFresh = ageMs >= 0 && ageMs < refreshMs;
    if (isFresh) return known;
    const refreshing = this.#refreshSoon();
    if (known !== undefined) return known;
    await refreshing;
    return this.#gateway.resolve(uuid);
  }

  /** All that is served now, the repository itself first. */
  get served(): readonly Remote[] {
    return this.#gateway.served;
  }

  /** Merges what was pushed to `synced/git-annex` and looks at the configuration again. */
  async update(): Promise<void> {
    await this.annex.branch.update();
    await this.#refreshSoon();
  }

  /** Commits the journals of the gateway and its nodes, and lets go of them. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#refreshing?.catch(() => undefined);
    await Promise.all([...this.#nodes.values()].map((node) => node.close()));
    await this.annex.close();
  }

  #refreshSoon(): Promise<void> {
    this.#refreshing ??= this.#refresh()
      .catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        this.#options.events({ type: 'warning', message: `the configuration cannot be read: ${reason}` });
      })
      .finally(() => {
        this.#refreshing = undefined;
      });
    return this.#refreshing;
  }

  async #refresh(): Promise<void> {
    if (this.#closed) return;
    this.#checkedMs = this.#options.clock.now();
    const { branch, git } = this.annex;
    const [proxyLog = '', clusterLog = '', trustLog = '', wantedLog = ''] = await Promise.all(
      ['proxy.log', 'cluster.log', 'trust.log', 'preferred-content.log'].map((path) => branch.read(path)),
    );
    const config = await git.config();
    const remotes = await discoverRemoteUUIDs(git);
    const clusters = configuredClusters(config);
    const basis = JSON.stringify([proxyLog, clusterLog, trustLog, wantedLog, remotes, [...clusters]]);
    if (basis === this.#basis) return;
    const wanted = parsePreferredContentLog(wantedLog);
    this.#gateway = buildGateway(
      {
        own: this.annex.remote,
        remotes: remotes.flatMap((remote) => this.#gatewayRemote(remote, wanted)),
        proxied: parseProxyLog(proxyLog).get(this.annex.uuid) ?? [],
        clusters: parseClusterLog(clusterLog).nodesByCluster,
        clusterNames: onlyClusters(clusters),
        dead: deadUUIDs(trustLog),
      },
      {
        tracker: this.#tracker,
        clock: this.#options.clock,
        rng: this.#options.rng,
        makeDigest: digestFactory,
        selectNodes: this.#selectNodes,
        report: this.#options.events,
      },
    );
    this.#basis = basis;
  }

  #gatewayRemote(remote: ConfiguredRemote, wanted: ReadonlyMap<UUID, ByteString>): readonly GatewayRemote[] {
    const { uuid } = remote;
    if (uuid === undefined || !remote.isProxied) return [];
    const expression = wanted.get(uuid);
    return [
      {
        name: remote.name,
        cost: remote.cost,
        remote: this.#node(uuid, remote),
        proxy: remote.isProxied,
        clusterNode: remote.nodeOf,
        wanted: expression === undefined ? undefined : byteStringToText(expression),
      },
    ];
  }

  #node(uuid: UUID, remote: ConfiguredRemote): Remote {
    const path = remote.localPath;
    if (path === undefined) {
      const where = remote.url === undefined ? 'it is a special remote' : 'it is not on this machine';
      return unreachableNode(uuid, `${where}, and this gateway serves nodes on its own disks`);
    }
    const name = `${uuid} ${path}`;
    const known = this.#nodes.get(name);
    if (known !== undefined) return known;
    const node = new LocalNode({
      uuid,
      path,
      open: () => openAnnex(path, this.#options),
      clock: this.#options.clock,
    });
    this.#nodes.set(name, node);
    return node;
  }
}

function onlyClusters(clusters: ReadonlyMap<ByteString, UUID>): ReadonlyMap<string, ClusterUUID> {
  const found = new Map<string, ClusterUUID>();
  for (const [name, uuid] of clusters) if (isClusterUUID(uuid)) found.set(name, uuid);
  return found;
}

const refreshMs = 1000;

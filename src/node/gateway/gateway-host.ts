/**
 * The gateway over a real repository: reads from git's configuration and from the git-annex branch what it serves
 * (itself, proxied remotes, clusters), keeps its nodes open, and follows changes of either while it runs.
 *
 * What is served is looked at again at most once a second, when somebody asks; a request never waits for that unless it
 * names a UUID that is not served yet.
 */

import type { Event, EventSink } from '../../types/event.ts';
import { usualLimits, type TimeLimits } from '../../types/time-limits.ts';
import type { Key } from '../../types/key.ts';
import type { UUID } from '../../types/uuid.ts';
import { buildGateway, type Gateway } from '../../gateway/gateway.ts';
import { ClusterFiller } from '../../gateway/cluster-fill.ts';
import { LocationTracker } from '../../gateway/location-tracker.ts';
import { ObservedRemote } from '../../gateway/observed-remote.ts';
import { NodeLoads } from '../../gateway/node-loads.ts';
import { SharedUploads } from '../../gateway/shared-uploads.ts';
import type { Remote } from '../../remote/remote.ts';
import { discoverLocalUUIDs, type ConfiguredRemote } from '../annex/configured-remotes.ts';
import { RemoteDiscovery } from '../annex/remote-discovery.ts';
import { openAnnex, type AnnexOptions, type OpenAnnex } from '../annex/open-annex.ts';
import type { GitConfig } from '../git/git-config.ts';
import type { GitRepository } from '../git/git-repository.ts';
import { digestFactory } from '../hash/digest.ts';
import { RunningTransfers } from '../repository/running-transfers.ts';
import { jobCount, parseJobs, type Jobs } from './jobs.ts';
import { gatewayConfig, gatewayLogs } from './gateway-config.ts';
import { openPlacement, type OpenPlacement } from './open-placement.ts';
import { NodeRemotes } from './node-remotes.ts';
import { PeerSync } from './peer-sync.ts';
import { PublicURLs } from './public-urls.ts';

export interface HostOptions extends AnnexOptions {
  /** How often other gateways of its clusters are looked at; never where not given. They are told of changes always. */
  readonly peerLookMs?: number | undefined;
  /** How many nodes are filled at once that uploads left out; `annex.jobs` where not given. */
  readonly clusterJobs?: Jobs | undefined;
  /** How many connections to each node are kept that nobody uses; as many as were needed at once where not given. */
  readonly idleConnections?: number | undefined;
}

export class GatewayHost {
  readonly annex: OpenAnnex;
  /** How long its doors wait for clients. */
  readonly limits: TimeLimits;
  readonly #options: HostOptions;
  readonly #own: Remote;
  readonly #tracker: LocationTracker;
  readonly #placement: OpenPlacement;
  readonly #loads: NodeLoads;
  readonly #uploads = new SharedUploads();
  readonly #filler: ClusterFiller;
  readonly #peers: PeerSync;
  readonly #nodes: NodeRemotes;
  readonly #discovery: RemoteDiscovery;
  #gateway: Gateway;
  #publicURLs: PublicURLs | undefined;
  /** The logs that the gateway was built from, as they stood. */
  #basis = '';
  /** And the configuration: it is another object when a file of it changed. */
  #basisConfig: GitConfig | undefined;
  #checkedMs = Number.NEGATIVE_INFINITY;
  #refreshing: Promise<void> | undefined;
  #closed = false;

  /** Opens the gateway at `place` as `openAnnex` does. Throws AnnexError('config') where it is no annex. */
  static async open(place: string | GitRepository, options: HostOptions): Promise<GatewayHost> {
    let host: GatewayHost | undefined;
    const events: EventSink = (event) => {
      options.events(event);
      if (host !== undefined) host.#noticed(event);
    };
    const annex = await openAnnex(place, { ...options, events });
    try {
      host = new GatewayHost(annex, { ...options, events });
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
    this.limits = options.limits ?? usualLimits;
    this.#options = options;
    const { clock, rng, events: report } = options;
    this.#own = new ObservedRemote(annex.remote, { clock, rng, report });
    this.#placement = openPlacement(annex, options);
    const { annexDirectory } = annex.remote.repository;
    this.#loads = new NodeLoads(
      options.clock,
      new RunningTransfers({ annexDirectory, clock: options.clock }),
    );
    this.#nodes = new NodeRemotes({ ...options, annex, environment: process.env });
    this.#discovery = new RemoteDiscovery({ ...options, git: annex.git, environment: process.env });
    this.#tracker = new LocationTracker(annex.locations, annex.uuid);
    this.#filler = new ClusterFiller({ tracker: this.#tracker, report: options.events });
    this.#peers = new PeerSync({
      git: annex.git,
      branch: annex.branch,
      clock: options.clock,
      events: options.events,
      lookEveryMs: options.peerLookMs,
    });
    this.#gateway = { resolve: () => undefined, served: [], nodes: [], clusterNames: new Map() };
  }

  /** The Remote served under this UUID; undefined where there is none. */
  async resolve(uuid: UUID): Promise<Remote | undefined> {
    const known = this.#gateway.resolve(uuid);
    const refreshing = this.#lookAgain();
    if (known !== undefined || refreshing === undefined) return known;
    await refreshing;
    return this.#gateway.resolve(uuid);
  }

  /** All that is served now, the repository itself first. */
  get served(): readonly Remote[] {
    void this.#lookAgain();
    return this.#gateway.served;
  }

  /**
   * Where anyone can get the key without this gateway; undefined where nowhere.
   * @param uuid only from this repository, or a node of this cluster
   */
  async publicURL(key: Key, uuid?: UUID): Promise<string | undefined> {
    return await this.#publicURLs?.find(key, uuid);
  }

  /** The nodes as they are configured now, and the names of clusters. */
  get layout(): Pick<Gateway, 'nodes' | 'clusterNames'> {
    return this.#gateway;
  }

  /** Merges what was pushed to `synced/git-annex` and looks at the configuration again. */
  async update(): Promise<void> {
    await this.annex.branch.update();
    await this.#refreshSoon();
  }

  /** Resolves when nodes that uploads left out have been filled. */
  async idle(): Promise<void> {
    await this.#filler.idle();
  }

  /** Commits the journals of the gateway and its nodes, tells other gateways, and lets go of all. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#refreshing?.catch(() => undefined);
    await this.#discovery.close();
    await this.#filler.close();
    await this.#placement.close();
    await this.#nodes.close();
    await this.#commit();
    await this.#peers.close();
    await this.annex.close();
  }

  /** Whatever cannot be committed now stays in the journal, and annex.close() tells of it. */
  async #commit(): Promise<void> {
    const config = await this.annex.git.config();
    if (config.getBool('annex.alwayscommit') === false) return;
    await this.annex.branch.commit().catch(() => undefined);
  }

  #noticed(event: Event): void {
    if (event.type !== 'branch-committed' && event.type !== 'branch-merged') return;
    if (event.repository === this.annex.uuid) this.#peers.changed();
  }

  /** Somebody asks. Undefined where the last look was a moment ago. */
  #lookAgain(): Promise<void> | undefined {
    const ageMs = this.#options.clock.now() - this.#checkedMs;
    // A clock that was set back makes it no fresher.
    const isFresh = ageMs >= 0 && ageMs < refreshMs;
    return isFresh ? undefined : this.#refreshSoon();
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
    const logs = await Promise.all(gatewayLogs.map((path) => branch.read(path)));
    // What it finds out it notes in the configuration.
    const configured = await discoverLocalUUIDs(git);
    void this.#discover(configured);
    const config = await git.config();
    const basis = JSON.stringify(logs);
    if (basis === this.#basis && config === this.#basisConfig) return;
    this.#peers.follow(config);
    this.#filler.limit(jobCount(this.#options.clusterJobs ?? parseJobs(config.get('annex.jobs') ?? '')));
    const { clock, rng, events } = this.#options;
    this.#gateway = buildGateway(
      gatewayConfig({ own: this.#own, logs, config, configured, nodes: this.#nodes }),
      {
        tracker: this.#tracker,
        clock,
        rng,
        makeDigest: digestFactory,
        placement: this.#placement.placement,
        report: events,
        loads: this.#loads,
        uploads: this.#uploads,
        filler: this.#filler,
      },
    );
    const { locations } = this.annex;
    this.#publicURLs = new PublicURLs({ config, remotes: configured, locations, events });
    this.#nodes.prune();
    this.#basis = basis;
    this.#basisConfig = config;
  }

  /** Far nodes are asked in the background: nobody waits for one that does not answer. */
  async #discover(configured: readonly ConfiguredRemote[]): Promise<void> {
    const nodes = configured.filter(({ isProxied, gatewayOf }) => isProxied || gatewayOf.length > 0);
    if (!(await this.#discovery.ask(nodes))) return;
    await this.#refreshing;
    await this.#refreshSoon();
  }
}

const refreshMs = 1000;

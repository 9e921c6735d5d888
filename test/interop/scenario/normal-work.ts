// What everybody else does meanwhile: a stock git-annex that copies, drops and gets, and small requests by hand. Each is
// timed, since who behaves must not wait for who does not.
import type { Repository } from './cluster.ts';
import { makeSample } from './half-messages.ts';
import { download, startUpload } from './http-client.ts';
import { writeSample } from './samples.ts';
import type { ThreeWays } from './three-ways.ts';

export interface WorkReport {
  /** Of git-annex's commands, the start of its process included. */
  readonly commands: number;
  readonly longestCommandSeconds: number;
  /** Of small requests by hand. */
  readonly requests: number;
  readonly longestRequestSeconds: number;
}

export interface WorkOptions {
  readonly world: ThreeWays;
  /** A clone of the gateway. */
  readonly client: Repository;
  /** What its files are called. */
  readonly name: string;
}

export class NormalWork {
  readonly #options: WorkOptions;
  readonly #commandsMs: number[] = [];
  readonly #requestsMs: number[] = [];
  #isStopped = false;
  #rounds = 0;

  constructor(options: WorkOptions) {
    this.#options = options;
  }

  /** Works until told to stop, and does everything once at least. Rejects where anything fails. */
  async run(): Promise<WorkReport> {
    const commands = async (): Promise<void> => {
      do await this.#round();
      while (!this.#isStopped);
    };
    const requests = async (): Promise<void> => {
      do {
        await this.#requestOnce();
        await new Promise((resolve) => setTimeout(resolve, 200));
      } while (!this.#isStopped);
    };
    await Promise.all([commands(), requests()]);
    return {
      commands: this.#commandsMs.length,
      longestCommandSeconds: longestSeconds(this.#commandsMs),
      requests: this.#requestsMs.length,
      longestRequestSeconds: longestSeconds(this.#requestsMs),
    };
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** A file goes to the cluster, is dropped here and comes back, and is dropped from the cluster. */
  async #round(): Promise<void> {
    const { world, client, name } = this.#options;
    const file = `${name}-${this.#rounds++}`;
    const remote = `origin-${world.cluster.name}`;
    await writeSample(client, file, 200_000);
    await client.annex(['add', '--quiet', file]);
    for (const command of [
      ['copy', '--to', remote, file],
      ['drop', file],
      ['get', '--from', remote, file],
      ['drop', '--from', remote, file],
    ]) {
      const startMs = performance.now();
      await client.annex(command);
      this.#commandsMs.push(performance.now() - startMs);
    }
  }

  /** A small upload to the cluster, and a download from it. */
  async #requestOnce(): Promise<void> {
    const { server, cluster } = this.#options.world;
    const { key, content } = makeSample(5_000);
    const target = { server, uuid: cluster.uuid, key };
    const startMs = performance.now();
    const stored = await startUpload({ ...target, content, offset: 0, pauseMs: 0 }).answer;
    if (stored?.stored !== true) throw new Error('a small upload was not stored');
    const storedMs = performance.now();
    const got = await download(target);
    if (!Buffer.isBuffer(got) || !got.equals(content))
      throw new Error('a small download is not what was stored');
    this.#requestsMs.push(storedMs - startMs, performance.now() - storedMs);
  }
}

function longestSeconds(times: readonly number[]): number {
  return Math.round(Math.max(...times) / 100) / 10;
}

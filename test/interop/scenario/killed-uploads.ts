// Uploads to a node or the cluster during which the server is killed with SIGKILL at a random moment, then started
// again and asked for the same once more. What has to hold, whatever the moment:
//   an object that exists has its key's checksum;
//   an upload answered as stored is there, in every repository that the answer names, and in the location logs of the
//   gateway and of that repository;
//   the repeat of a cut-off upload is taken, and goes on from where the first one was cut.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Cluster } from './cluster.ts';
import { clusterComplaints, clusterDisagreements, locationsIn, objectsIn } from './examine.ts';
import {
  download,
  putOffset,
  type StoreTarget,
  type Stored,
  startUpload,
  type Upload,
} from './http-client.ts';
import { pick, type Random, randomFrom } from './random.ts';
import { type Server, type ServerKind, startServer } from './server.ts';
import { latestRelease } from './world.ts';

export interface KillOptions {
  readonly cluster: Cluster;
  readonly kind: ServerKind;
  readonly uploads: number;
  readonly seed: number;
  /** Told after every upload, for a long run's progress. */
  readonly onProgress?: (done: number) => void;
}

export interface KillReport {
  readonly uploads: number;
  /** Answered as stored before the kill. */
  readonly answered: number;
  /** Cut off with nothing left to do: the objects were in place already. */
  readonly completeUnanswered: number;
  /** Cut off, and repeated from an offset above 0. */
  readonly resumed: number;
  /** Cut off, and repeated from the beginning. */
  readonly fromTheBeginning: number;
  /** The smallest offset of a large upload of which at least 16 MiB had been sent. */
  readonly smallestLargeOffset: number | undefined;
  /** All that was not as it has to be, as lines of text. */
  readonly wrong: readonly string[];
}

// Sockets on both sides hold some MiB that the server may not have read: of an upload of which more than this was sent,
// a part must have arrived.
const certainlyArrivedBytes = 16 * 2 ** 20;
const sizes = [3_000, 400_000, 24 * 2 ** 20, 24 * 2 ** 20] as const;

/** Runs one upload, one kill and one repeat after another. */
export async function killUploads(options: KillOptions): Promise<KillReport> {
  const random = randomFrom(options.seed);
  const run = new Run(options);
  for (let count = 1; count <= options.uploads; count += 1) {
    await run.uploadAndKill(random);
    options.onProgress?.(count);
  }
  return await run.finish();
}

interface Expected {
  readonly key: string;
  readonly uuid: string;
}

class Run {
  readonly #options: KillOptions;
  readonly #wrong: string[] = [];
  readonly #expected: Expected[] = [];
  readonly #counts = { answered: 0, completeUnanswered: 0, resumed: 0, fromTheBeginning: 0 };
  #smallestLargeOffset: number | undefined;

  constructor(options: KillOptions) {
    this.#options = options;
  }

  async uploadAndKill(random: Random): Promise<void> {
    const { cluster } = this.#options;
    const content = randomContent(random, pick(random, sizes));
    const key = `SHA256-s${content.length}--${createHash('sha256').update(content).digest('hex')}`;
    const uuid = pick(random, [cluster.uuid, cluster.uuid, ...cluster.nodes.map((node) => node.uuid)]);

    const first = await this.#start();
    const upload = startUpload({ server: first, uuid, key, content, offset: 0, pauseMs: 3 });
    await moment(random, upload, content.length);
    const sentBytes = upload.sentBytes();
    await first.kill();
    const answer = await upload.answer;
    if (answer !== undefined) {
      this.#counts.answered += 1;
      this.#expect({ uuid, key }, answer);
    }
    await this.#verifyObjects(key);

    await using second = await this.#start();
    if (answer === undefined) await this.#repeat({ server: second, uuid, key, content, sentBytes });
  }

  async finish(): Promise<KillReport> {
    const { cluster, kind, uploads } = this.#options;
    const logs = new Map<string, Map<string, Set<string>>>();
    for (const repository of [cluster.gateway, ...cluster.nodes]) {
      logs.set(repository.uuid, await locationsIn(repository));
    }
    for (const { key, uuid } of this.#expected) {
      for (const observer of [cluster.gateway.uuid, uuid]) {
        if (logs.get(observer)?.get(key)?.has(uuid) === true) continue;
        this.#wrong.push(`${key} was stored in ${uuid}, the log of ${observer} does not say so`);
      }
    }
    // git-annex's own server does not learn of a node that had stored a key when the gateway was killed.
    if (kind === 'annexus') {
      this.#wrong.push(...(await clusterDisagreements(cluster)), ...(await clusterComplaints(cluster)));
    }
    return {
      uploads,
      ...this.#counts,
      smallestLargeOffset: this.#smallestLargeOffset,
      wrong: this.#wrong,
    };
  }

  async #start(): Promise<Server> {
    const { kind, cluster } = this.#options;
    return await startServer({ kind, release: latestRelease(), repositoryDir: cluster.gateway.dir });
  }

  async #repeat(cut: StoreTarget & { content: Buffer; sentBytes: number }): Promise<void> {
    const { content, sentBytes, key } = cut;
    const asked = await putOffset(cut);
    if ('alreadyhave' in asked) {
      this.#counts.completeUnanswered += 1;
      // What git-annex's own server finds to be there already it does not log, neither at the gateway nor at the node.
      if (this.#options.kind === 'git-annex') return;
    } else {
      this.#counts[asked.offset > 0 ? 'resumed' : 'fromTheBeginning'] += 1;
      if (sentBytes >= certainlyArrivedBytes) {
        this.#smallestLargeOffset = Math.min(this.#smallestLargeOffset ?? Infinity, asked.offset);
        if (asked.offset === 0) this.#wrong.push(`${key}: ${sentBytes} bytes were sent and none kept`);
      }
    }
    const offset = 'offset' in asked ? asked.offset : content.length;
    const answer = await startUpload({ ...cut, offset, pauseMs: 0 }).answer;
    if (answer?.stored === true) {
      this.#expect(cut, answer);
      const got = await download(cut);
      if (typeof got === 'number' || !got.equals(content)) this.#wrong.push(`${key} cannot be downloaded`);
    } else this.#wrong.push(`${key}: the repeat from ${offset} was not stored: ${JSON.stringify(answer)}`);
    await this.#verifyObjects(key);
  }

  #expect({ uuid, key }: Pick<StoreTarget, 'uuid' | 'key'>, { stored, plusuuids }: Stored): void {
    if (!stored) this.#wrong.push(`${key}: answered as not stored, with nothing wrong but a kill later on`);
    const { cluster } = this.#options;
    const nodes = new Set(cluster.nodes.map((node) => node.uuid));
    for (const reached of new Set([uuid, ...plusuuids])) {
      if (nodes.has(reached)) this.#expected.push({ key, uuid: reached });
    }
  }

  // Reads the object in each node as the disk has it, and that it is wherever an answer said so.
  async #verifyObjects(key: string): Promise<void> {
    for (const node of this.#options.cluster.nodes) {
      const path = (await objectsIn(node)).get(key);
      const expected = this.#expected.some((one) => one.key === key && one.uuid === node.uuid);
      if (path === undefined) {
        if (expected) this.#wrong.push(`${key} was stored in ${node.name} and is not there`);
        continue;
      }
      const digest = createHash('sha256')
        .update(await readFile(path))
        .digest('hex');
      if (!key.endsWith(digest)) this.#wrong.push(`${key} in ${node.name} is corrupted`);
    }
  }
}

// When to kill: in the midst of sending, around the end when objects are moved into place and logs are written, or
// right after the answer, when nothing may depend on the server any more.
async function moment(random: Random, upload: Upload, sizeBytes: number): Promise<void> {
  const kind = random();
  const extraMs = random() * 40;
  if (kind > 0.85) {
    await upload.answer;
    return;
  }
  const fraction = kind > 0.5 ? 1 : random();
  while (upload.sentBytes() < fraction * sizeBytes) await sleep(1);
  await sleep(extraMs);
}

async function sleep(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

// Random enough that no two objects are alike, and quick to make.
function randomContent(random: Random, sizeBytes: number): Buffer {
  const content = Buffer.alloc(sizeBytes);
  for (let at = 0; at + 4 <= sizeBytes; at += 4) content.writeUInt32LE(Math.floor(random() * 2 ** 32), at);
  return content;
}

// What gateways of one cluster have to do for their clients, and to know of each other, while all links between them are up,
// while they are cut and after that: uploads, downloads and removals through each, and whereis of each against the disks.
import { createHash, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { locationsIn, objectsIn } from './examine.ts';
import type { Gateways, GatewaySide } from './gateways.ts';
import { messagesTold, type Asked } from './gateway-messages.ts';

export interface ApartReport {
  readonly commands: number;
  /** Milliseconds of the slowest command of the client, with the links up and while they were cut. */
  readonly slowestMs: number;
  readonly slowestApartMs: number;
  /** Until all gateways agreed with all disks: the longest time after a change, and the time after the cut. */
  readonly agreedMs: number;
  readonly agreedAfterCutMs: number;
  /** How many messages reached the nodes. */
  readonly messages: number;
  readonly wrong: readonly string[];
}

export interface ApartOptions {
  readonly gateways: Gateways;
  readonly cutSeconds: number;
  readonly onProgress?: (what: string) => void;
}

export async function exerciseApart(options: ApartOptions): Promise<ApartReport> {
  return await new Exercise(options).run();
}

class Exercise {
  readonly #options: ApartOptions;
  readonly #gateways: Gateways;
  /** By file. */
  readonly #keys = new Map<string, string>();
  readonly #asked: Asked[] = [];
  readonly #wrong: string[] = [];
  readonly #times = { together: [0], apart: [0], agreed: [0] };
  #isCut = false;
  #commands = 0;

  constructor(options: ApartOptions) {
    this.#options = options;
    this.#gateways = options.gateways;
  }

  async run(): Promise<ApartReport> {
    const { network, sides } = this.#gateways;
    const [first] = sides;
    if (first === undefined) throw new Error('there is no gateway');
    for (const side of sides) await this.#inTurn(side);
    const files = sides.flatMap(({ name }) => [`kept-${name}`, `doomed-${name}`]);
    for (const file of [...files, ...sides.map(({ name }) => `new-${name}`)]) await this.#addFile(file);
    await this.#command('copy', first, files);
    await this.#agree();
    await this.#client(['drop', '--force', ...sides.map(({ name }) => `kept-${name}`)]);

    this.#isCut = true;
    const untilMs = performance.now() + this.#options.cutSeconds * 1000;
    for (const [at, one] of sides.entries()) {
      for (const other of sides.slice(at + 1)) await network.cut(one.name, other.name);
    }
    await Promise.all(sides.map(async (side) => await this.#apart(side)));
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, untilMs - performance.now())));
    await network.restore();
    this.#isCut = false;
    const agreedAfterCutMs = await this.#agree();

    await Promise.all(sides.map(async (side) => await this.#after(side)));
    await this.#agree();
    const told = await messagesTold(this.#gateways);
    this.#wrong.push(...told.repeated(this.#asked));
    return {
      commands: this.#commands,
      slowestMs: Math.max(...this.#times.together),
      slowestApartMs: Math.max(...this.#times.apart),
      agreedMs: Math.max(...this.#times.agreed),
      agreedAfterCutMs,
      messages: told.count,
      wrong: this.#wrong,
    };
  }

  /** All links are up: what goes in through one comes out through all, and goes away through the next. */
  async #inTurn(side: GatewaySide): Promise<void> {
    const file = `first-${side.name}`;
    await this.#addFile(file);
    await this.#command('copy', side, [file]);
    await this.#expectOn(file, this.#allNodes());
    await this.#agree();
    for (const other of this.#gateways.sides) {
      await this.#client(['drop', '--force', file]);
      await this.#command('get', other, [file]);
    }
    await this.#command('drop', this.#next(side), [file]);
    await this.#expectOn(file, []);
    await this.#agree();
  }

  /** Each has its own nodes alone: what is there is had, what comes goes there, and what cannot be removed from all is told. */
  async #apart(side: GatewaySide): Promise<void> {
    const { name, nodes } = side;
    await Promise.all([
      this.#command('copy', side, [`new-${name}`]),
      this.#command('get', side, [`kept-${name}`]),
      this.#command('drop', side, [`doomed-${name}`], 1),
    ]);
    await this.#expectOn(`new-${name}`, nodes.map(({ uuid }) => uuid));
    const others = this.#allNodes().filter((uuid) => !nodes.some((node) => node.uuid === uuid));
    await this.#expectOn(`doomed-${name}`, others);
  }

  async #after(side: GatewaySide): Promise<void> {
    const next = this.#next(side);
    await this.#client(['drop', '--force', `new-${side.name}`]);
    await this.#command('get', next, [`new-${side.name}`]);
    await this.#command('copy', next, [`new-${side.name}`]);
    await this.#expectOn(`new-${side.name}`, this.#allNodes());
    await this.#command('drop', next, [`doomed-${side.name}`]);
    await this.#expectOn(`doomed-${side.name}`, []);
  }

  #next(side: GatewaySide): GatewaySide {
    const { sides } = this.#gateways;
    return sides[(sides.indexOf(side) + 1) % sides.length] ?? side;
  }

  #allNodes(): readonly string[] {
    return this.#gateways.sides.flatMap(({ nodes }) => nodes.map(({ uuid }) => uuid));
  }

  async #addFile(file: string): Promise<void> {
    const { client } = this.#gateways;
    const content = randomBytes(contentBytes);
    await writeFile(join(client.dir, file), content);
    await client.annex(['add', '--quiet', '--backend=SHA256', file]);
    const hash = createHash('sha256').update(content).digest('hex');
    this.#keys.set(file, `SHA256-s${contentBytes}--${hash}`);
  }

  /** Through one gateway's cluster. */
  async #command(
    command: 'copy' | 'get' | 'drop',
    side: GatewaySide,
    files: readonly string[],
    expected: 0 | 1 = 0,
  ): Promise<void> {
    const { onProgress = () => undefined } = this.#options;
    for (const file of files) this.#asked.push({ command, through: side, key: this.#keyOf(file) });
    const words = [command, command === 'copy' ? '--to' : '--from', `${side.name}-c`, ...files];
    const startedMs = performance.now();
    const where = this.#isCut ? this.#times.apart : this.#times.together;
    const ran = await this.#client(words, expected);
    const tookMs = Math.round(performance.now() - startedMs);
    where.push(tookMs);
    onProgress(`${words.join(' ')}: ${tookMs} ms${ran}`);
  }

  async #client(words: readonly string[], expected: 0 | 1 = 0): Promise<string> {
    this.#commands++;
    const ran = await this.#gateways.client.annex(words, { allow: 'any', timeoutMs: commandLimitMs });
    const said = `: ${(ran.stdout + ran.stderr).replaceAll(/\s+/g, ' ')}`;
    if (ran.exitCode !== expected) this.#wrong.push(`${words.join(' ')} ended with ${ran.exitCode}${said}`);
    return ran.exitCode === 0 ? '' : said;
  }

  #keyOf(file: string): string {
    return this.#keys.get(file) ?? file;
  }

  async #expectOn(file: string, uuids: readonly string[]): Promise<void> {
    const found = (await this.#onDisks()).get(this.#keyOf(file)) ?? new Set();
    const names = (list: Iterable<string>): string => this.#namesOf(list).join(', ');
    if (names(found) !== names(uuids)) {
      this.#wrong.push(`${file} is on ${names(found)}, expected was ${names(uuids)}`);
    }
  }

  #namesOf(uuids: Iterable<string>): readonly string[] {
    const nodes = this.#gateways.sides.flatMap((side) => side.nodes);
    return Array.from(uuids, (uuid) => nodes.find((node) => node.uuid === uuid)?.name ?? uuid).sort();
  }

  /** UUIDs of the nodes that have each key, as their disks tell. */
  async #onDisks(): Promise<Map<string, Set<string>>> {
    const truth = new Map<string, Set<string>>();
    for (const { nodes } of this.#gateways.sides) {
      for (const node of nodes) {
        for (const key of (await objectsIn(node)).keys()) {
          truth.set(key, (truth.get(key) ?? new Set()).add(node.uuid));
        }
      }
    }
    return truth;
  }

  /** Waits until every gateway's whereis is what the disks say, and gives the time. */
  async #agree(): Promise<number> {
    const startedMs = performance.now();
    for (;;) {
      const differences = await this.#differences();
      const tookMs = Math.round(performance.now() - startedMs);
      if (differences.length === 0) {
        this.#times.agreed.push(tookMs);
        this.#options.onProgress?.(`agreed after ${tookMs} ms`);
        return tookMs;
      }
      if (tookMs > agreeLimitMs) {
        this.#wrong.push(...differences);
        return tookMs;
      }
    }
  }

  async #differences(): Promise<readonly string[]> {
    const truth = await this.#onDisks();
    const nodes = new Set(this.#allNodes());
    const differences: string[] = [];
    for (const { name, repository } of this.#gateways.sides) {
      const known = await locationsIn(repository);
      for (const [file, key] of this.#keys) {
        const told = this.#namesOf([...(known.get(key) ?? [])].filter((uuid) => nodes.has(uuid))).join(', ');
        const there = this.#namesOf(truth.get(key) ?? []).join(', ');
        if (told !== there) differences.push(`${name} says ${file} is on ${told}, and it is on ${there}`);
      }
    }
    return differences;
  }
}

const contentBytes = 200_000;
const commandLimitMs = 170_000;
const agreeLimitMs = 60_000;

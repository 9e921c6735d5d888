// What gateways of one cluster have to do for their clients, and to know of each other, while all links between them are up,
// while they are cut and after that: uploads, downloads and removals through each, and whereis of each against the disks.
import { createHash, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ran } from '../../support/git-annex.ts';
import { locationsIn, objectsIn } from './examine.ts';
import type { Gateways, GatewaySide } from './gateways.ts';
import { messagesTold, type Asked } from './gateway-messages.ts';

export interface ApartReport {
  readonly commands: number;
  /** Commands that were repeated since git-annex's server failed once over a connection that the cut had broken. */
  readonly repeatedAtGitAnnex: number;
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
  #isAfter = false;
  #commands = 0;
  #repeats = 0;

  constructor(options: ApartOptions) {
    this.#options = options;
    this.#gateways = options.gateways;
  }

  async run(): Promise<ApartReport> {
    const { network, sides } = this.#gateways;
    for (const { name } of sides) {
      for (const kind of ['first', 'kept', 'doomed', 'new']) await this.#addFile(`${kind}-${name}`);
    }
    await this.#together();

    this.#isCut = true;
    const untilMs = performance.now() + this.#options.cutSeconds * 1000;
    for (const [at, one] of sides.entries()) {
      for (const other of sides.slice(at + 1)) await network.cut(one.name, other.name);
    }
    await Promise.all(sides.map(async (side) => await this.#apart(side)));
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, untilMs - performance.now())));
    await network.restore();
    this.#isCut = false;
    this.#isAfter = true;
    const agreedAfterCutMs = await this.#agree();
    await Promise.all(sides.map(async (side) => await this.#after(side)));
    await this.#agree();
    const told = await messagesTold(this.#gateways, this.#asked);
    this.#wrong.push(...told.repeated);
    return {
      commands: this.#commands,
      repeatedAtGitAnnex: this.#repeats,
      slowestMs: Math.max(...this.#times.together),
      slowestApartMs: Math.max(...this.#times.apart),
      agreedMs: Math.max(...this.#times.agreed),
      agreedAfterCutMs,
      messages: told.count,
      wrong: this.#wrong,
    };
  }

  /** All links are up: what goes in through one comes out through all, and goes away through the next. */
  async #together(): Promise<void> {
    const { sides } = this.#gateways;
    await Promise.all(
      sides.map(async (side) => {
        const files = [`first-${side.name}`, `kept-${side.name}`, `doomed-${side.name}`];
        await this.#command('copy', side, files);
        for (const file of files) await this.#expectOn(file, this.#allNodes());
      }),
    );
    await this.#agree();
    const files = sides.map(({ name }) => `first-${name}`);
    for (const side of sides) {
      await this.#client(['drop', '--force', ...files]);
      await this.#command('get', side, files);
    }
    await this.#client(['drop', '--force', ...sides.map(({ name }) => `kept-${name}`)]);
    await Promise.all(
      sides.map(async (side) => {
        await this.#command('drop', this.#next(side), [`first-${side.name}`]);
        await this.#expectOn(`first-${side.name}`, []);
      }),
    );
  }

  /**
   * Each has its own nodes alone: what is there is had, what comes goes there, and what cannot be removed from all is told.
   * git-annex itself fails at a cluster that it reaches in part, so that of its nodes one each is asked.
   */
  async #apart(side: GatewaySide): Promise<void> {
    const { name, nodes } = side;
    const others = this.#allNodes().filter((uuid) => !nodes.some((node) => node.uuid === uuid));
    const [one, other] = nodes;
    if (one === undefined || other === undefined) throw new Error(`${name} has too few nodes`);
    const [to, from] =
      name === 'real' ? [`real-${one.name}`, `real-${other.name}`] : [`${name}-c`, `${name}-c`];
    await Promise.all([
      this.#command('copy', side, [`new-${name}`], { remote: to }),
      this.#command('get', side, [`kept-${name}`], { remote: from }),
      this.#command('drop', side, [`doomed-${name}`], { remote: from, expected: name === 'real' ? 0 : 1 }),
    ]);
    const all = nodes.map(({ uuid }) => uuid);
    await this.#expectOn(`new-${name}`, name === 'real' ? [one.uuid] : all);
    await this.#expectOn(`doomed-${name}`, name === 'real' ? [one.uuid, ...others] : others);
  }

  /** All links are up again: what each took alone comes out through the others, and nothing is left of what was to go. */
  async #after(side: GatewaySide): Promise<void> {
    const next = this.#next(side);
    await this.#client(['drop', '--force', `new-${side.name}`]);
    await this.#command('get', next, [`new-${side.name}`]);
    await this.#command('drop', next, [`doomed-${side.name}`]);
    await this.#expectOn(`doomed-${side.name}`, []);
    await this.#command('drop', side, [`new-${side.name}`]);
    await this.#expectOn(`new-${side.name}`, []);
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
    { remote = `${side.name}-c`, expected = 0 }: { readonly remote?: string; readonly expected?: 0 | 1 } = {},
  ): Promise<void> {
    const { onProgress = () => undefined } = this.#options;
    const words = [command, command === 'copy' ? '--to' : '--from', remote, ...files];
    const where = this.#isCut ? this.#times.apart : this.#times.together;
    // git-annex goes on with connections that broke while the link was cut, and fails once for each.
    const tries = this.#isAfter && side.name === 'real' ? 4 : 1;
    for (let left = tries; left > 0; left--) {
      for (const file of files) this.#asked.push({ command, through: side, key: this.#keyOf(file) });
      const startedMs = performance.now();
      const ran = await this.#run(words);
      const tookMs = Math.round(performance.now() - startedMs);
      where.push(tookMs);
      onProgress(`${words.join(' ')}: ${ran.exitCode} after ${tookMs} ms`);
      if (ran.exitCode === expected) return;
      if (left > 1) this.#repeats++;
      else this.#wrong.push(`${words.join(' ')} ended with ${ran.exitCode}: ${said(ran)}`);
    }
  }

  async #client(words: readonly string[]): Promise<void> {
    const ran = await this.#run(words);
    if (ran.exitCode !== 0) this.#wrong.push(`${words.join(' ')} ended with ${ran.exitCode}: ${said(ran)}`);
  }

  async #run(words: readonly string[]): Promise<Ran> {
    this.#commands++;
    return await this.#gateways.client.annex(words, { allow: 'any', timeoutMs: commandLimitMs });
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

function said({ stdout, stderr }: Ran): string {
  return (stdout + stderr).replaceAll(/\s+/g, ' ');
}

const contentBytes = 200_000;
const commandLimitMs = 170_000;
const agreeLimitMs = 60_000;

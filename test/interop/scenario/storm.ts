// A crowd of clients, each of which says half of something and vanishes: by a reset, by ending as a process ends, by saying
// that it will say no more, or by falling silent. Who falls silent in the middle of something has to be cut off.
import { spawn } from 'node:child_process';
import { Duplex } from 'node:stream';
import { cleanEnvironment } from '../../support/git-annex.ts';
import {
  expectLine,
  type HalfMessage,
  type HalfMessageAtDoor,
  halfMessages,
  inLines,
  type Target,
  visit,
} from './half-messages.ts';
import type { ThreeWays } from './three-ways.ts';
import { Visitor } from './visitor.ts';

const allWays = ['reset', 'close', 'half-close', 'silence'] as const;
export type Way = (typeof allWays)[number];

export interface StormOptions {
  readonly clients: number;
  /** Real ssh processes besides, which are killed. */
  readonly sshClients: number;
  readonly targets: readonly Target[];
  /** What they say and how they vanish, in turn; everything unless told. */
  readonly kinds?: readonly HalfMessageAtDoor[];
  readonly ways?: readonly Way[];
  /** How long a client may take to say its half. */
  readonly sayMs: number;
  /** By then a silent one has to be cut off. */
  readonly cutOffMs: number;
  readonly onProgress: (text: string) => void;
}

interface Remaining {
  readonly name: string;
  readonly visitor: Visitor;
}

export class Storm {
  readonly #options: StormOptions;
  readonly #world: ThreeWays;
  readonly #wrong: string[] = [];
  readonly #counts = new Map<string, number>();
  /** Clients that must be cut off: each resolves when it was. */
  readonly #waiting: Promise<void>[] = [];
  /** Clients that may stay, since nothing is half said. */
  readonly #staying: Remaining[] = [];
  /** Clients that read no more, and so cannot see that they were cut off. */
  readonly #stopped: Remaining[] = [];
  #lastStoppedMs = 0;
  #longestSilenceMs = 0;
  /** Everybody's next target, so that each is visited. */
  #turn = 0;

  constructor(world: ThreeWays, options: StormOptions) {
    this.#world = world;
    this.#options = options;
  }

  get wrong(): readonly string[] {
    return this.#wrong;
  }

  /** How many clients of each kind came. */
  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }

  /** For how long a client had been silent at most when it was cut off. */
  get longestSilenceSeconds(): number {
    return Math.round(this.#longestSilenceMs / 100) / 10;
  }

  /** Resolves when everybody has said its half, and all but the silent ones have vanished. */
  async rage(): Promise<void> {
    const { clients, sshClients, kinds = halfMessages, ways = allWays } = this.#options;
    let next = 0;
    let nextSsh = 0;
    const worker = async (): Promise<void> => {
      while (next < clients) {
        const index = next++;
        const kind = kinds[index % kinds.length] as HalfMessageAtDoor;
        // Neighbours vanish in different ways, and so does each kind when its turn comes again.
        const way = ways[(index + Math.floor(index / kinds.length)) % ways.length] as Way;
        await this.#come(kind, way, this.#targetFor(kind));
        if (next % 100 === 0) this.#options.onProgress(`${next} of ${clients} clients`);
      }
    };
    const sshWorker = async (): Promise<void> => {
      while (nextSsh < sshClients) await this.#comeBySsh(inLines[nextSsh++ % inLines.length] as HalfMessage);
    };
    await Promise.all([
      ...Array.from({ length: atOnce }, worker),
      ...Array.from({ length: sshAtOnce }, sshWorker),
    ]);
  }

  /** Locks content of every target that has some, by every door, and vanishes. */
  async lockAll(): Promise<void> {
    const { targets } = this.#options;
    for (const kind of halfMessages.filter(({ locks }) => locks === true)) {
      for (const target of targets.filter(({ lockKey }) => lockKey !== undefined))
        await this.#come(kind, 'reset', target);
    }
  }

  /** Resolves when all who have to be cut off and can see it were. */
  async untilCutOff(): Promise<void> {
    await Promise.all(this.#waiting);
  }

  /** Who stopped reading must be cut off in time, and who may stay must not. Ends all. */
  async end(): Promise<void> {
    // Who reads nothing sees nothing: there is only the time to go by.
    const leftMs = this.#lastStoppedMs + this.#options.cutOffMs - performance.now();
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, leftMs)));
    for (const { name, visitor } of this.#stopped) {
      await this.#within(`${name}: reading on`, visitor.untilEnded());
      if (visitor.receivedBytes >= largeBytes) this.#wrong.push(`${name}: was not cut off`);
    }
    for (const { name, visitor } of this.#staying) {
      if (visitor.isEnded) this.#wrong.push(`${name}: was cut off, though nothing was half said`);
      visitor.close();
    }
  }

  async #come(kind: HalfMessageAtDoor, way: Way, target: Target): Promise<void> {
    const name = `${kind.door}: ${kind.name}`;
    this.#count(name);
    const visitor = await visit(kind.door, this.#world);
    await this.#within(`${name} (${way}, of ${target.uuid})`, kind.say(visitor, target, this.#world));
    if (way === 'reset') visitor.reset();
    else if (way === 'close') visitor.close();
    else this.#remain(kind, way, { name: `${name} (${way})`, visitor });
  }

  #remain(kind: HalfMessage, way: 'half-close' | 'silence', client: Remaining): void {
    const { name, visitor } = client;
    if (way === 'half-close') visitor.halfClose();
    if (kind.stopsReading === true) {
      this.#lastStoppedMs = performance.now();
      this.#stopped.push(client);
    } else if (kind.mayStay === true && way === 'silence') {
      void visitor.untilEnded();
      this.#staying.push(client);
    } else {
      const startMs = performance.now();
      const ended = visitor.untilEnded().then(() => {
        this.#longestSilenceMs = Math.max(this.#longestSilenceMs, performance.now() - startMs);
      });
      this.#waiting.push(this.#within(`${name}: until it is cut off`, ended, this.#options.cutOffMs));
    }
  }

  async #comeBySsh(kind: HalfMessage): Promise<void> {
    const name = `ssh: ${kind.name}`;
    this.#count(name);
    const target = this.#targetFor(kind);
    const [program = '', ...args] = this.#world.sshArgv(target.uuid);
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'], env: cleanEnvironment() });
    child.stdin.on('error', () => undefined);
    const visitor = new Visitor(Duplex.from({ readable: child.stdout, writable: child.stdin }));
    const talk = async (): Promise<void> => {
      await expectLine(visitor, `AUTH-SUCCESS ${target.uuid}`);
      visitor.say('VERSION 4\n');
      await expectLine(visitor, 'VERSION 4');
      await kind.say(visitor, target, this.#world);
    };
    await this.#within(`${name} (killed, of ${target.uuid})`, talk());
    child.kill('SIGKILL');
    await visitor.untilEnded();
  }

  #targetFor({ locks }: HalfMessage): Target {
    const { targets } = this.#options;
    const fit = locks === true ? targets.filter(({ lockKey }) => lockKey !== undefined) : targets;
    return fit[this.#turn++ % fit.length] as Target;
  }

  #count(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  async #within(name: string, doing: Promise<void>, limitMs: number = this.#options.sayMs): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`not within ${limitMs / 1000} s`)), limitMs);
    });
    try {
      await Promise.race([doing, late]);
    } catch (error) {
      this.#wrong.push(`${name}: ${(error as Error).message}`);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Larger than what a client and a server between them hold of it. */
export const largeBytes: number = 16 * 2 ** 20;
const atOnce = 16;
const sshAtOnce = 2;

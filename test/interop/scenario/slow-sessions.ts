// Transfers that are slow and alive: a few bytes at a time for a long while, and then the rest. None may be cut off, and
// each has to end with the right content.
import { spawn } from 'node:child_process';
import { Duplex } from 'node:stream';
import { cleanEnvironment } from '../../support/git-annex.ts';
import {
  type Door,
  expectLine,
  greet,
  httpPath,
  makeSample,
  type Sample,
  type Target,
  visit,
} from './half-messages.ts';
import { download } from './http-client.ts';
import type { ThreeWays } from './three-ways.ts';
import { Visitor } from './visitor.ts';

export interface Pace {
  /** From one small piece to the next. */
  readonly everyMs: number;
  readonly forMs: number;
}

export interface SlowOptions {
  readonly world: ThreeWays;
  /** Nodes and the gateway, and the cluster as the last. */
  readonly targets: readonly Target[];
  /** What they download. */
  readonly large: Sample;
  readonly pace: Pace;
  /** By every door every target; otherwise each door has one, and another than the others. */
  readonly isThorough: boolean;
}

export interface SlowReport {
  readonly sessions: number;
  readonly wrong: readonly string[];
}

/** By every door an upload to the cluster, and downloads. */
export async function slowSessions(options: SlowOptions): Promise<SlowReport> {
  const { targets, isThorough } = options;
  const all = (['http', 'shell', 'p2p', 'ssh'] as const).flatMap((door, at) => [
    attempt(`upload by ${door}`, upload(door, options)),
    ...targets
      .filter((_, index) => isThorough || index === at + 1)
      .map((target) => attempt(`download of ${target.uuid} by ${door}`, fetchSlowly(door, target, options))),
  ]);
  const wrong = (await Promise.all(all)).flatMap((line) => line ?? []);
  return { sessions: all.length, wrong };
}

async function attempt(name: string, session: Promise<void>): Promise<string | undefined> {
  try {
    await session;
    return undefined;
  } catch (error) {
    return `slow ${name}: ${(error as Error).message}`;
  }
}

type SlowDoor = Door | 'ssh';

async function upload(door: SlowDoor, { world, pace, targets }: SlowOptions): Promise<void> {
  const target = targets.at(-1) as Target;
  const { key, content } = makeSample(200_000);
  const visitor = await enter(door, target, world);
  if (door === 'http') {
    const path = httpPath(target.uuid, 'put', { key });
    const headers = `Host: x\r\nX-git-annex-data-length: ${content.length}\r\nContent-Length: ${content.length}`;
    visitor.say(`POST ${path} HTTP/1.1\r\n${headers}\r\n\r\n`);
  } else {
    visitor.say(`PUT  ${key}\n`);
    await expectLine(visitor, 'PUT-FROM 0');
    visitor.say(`DATA ${content.length}\n`);
  }
  let sentBytes = 0;
  await slowly(pace, () => {
    visitor.say(content.subarray(sentBytes, sentBytes + pieceBytes));
    sentBytes += pieceBytes;
    return Promise.resolve();
  });
  visitor.say(content.subarray(sentBytes));
  if (door === 'http') {
    await expectLine(visitor, /^HTTP\/1\.1 200 /);
  } else {
    visitor.say('VALID\n');
    await expectLine(visitor, /^SUCCESS-PLUS /);
  }
  visitor.close();
  for (const { uuid } of world.cluster.nodes) {
    const stored = await download({ server: world.server, uuid, key });
    if (!Buffer.isBuffer(stored) || !stored.equals(content)) throw new Error(`it is not what ${uuid} has`);
  }
}

async function fetchSlowly(
  door: SlowDoor,
  target: Target,
  { world, pace, large }: SlowOptions,
): Promise<void> {
  const visitor = await enter(door, target, world);
  if (door === 'http') {
    // The version that has no chunks.
    visitor.say(`GET ${httpPath(target.uuid, `key/${large.key}`, {})} HTTP/1.0\r\nHost: x\r\n\r\n`);
    await expectLine(visitor, /^HTTP\/1\.1 200 /);
    while ((await visitor.hearLine()) !== '\r');
  } else {
    visitor.say(`GET 0  ${large.key}\n`);
    await expectLine(visitor, `DATA ${large.content.length}`);
  }
  const pieces: Buffer[] = [];
  await slowly(pace, async () => void pieces.push(await visitor.hear(pieceBytes)));
  for (let leftBytes = large.content.length - pieces.length * pieceBytes; leftBytes > 0; ) {
    const count = Math.min(leftBytes, 65_536);
    pieces.push(await visitor.hear(count));
    leftBytes -= count;
  }
  if (!Buffer.concat(pieces).equals(large.content)) throw new Error('it is not the right content');
  if (door !== 'http') await expectLine(visitor, 'VALID');
  visitor.close();
}

async function slowly({ everyMs, forMs }: Pace, piece: () => Promise<void>): Promise<void> {
  const endMs = performance.now() + forMs;
  while (performance.now() < endMs) {
    await piece();
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

async function enter(door: SlowDoor, target: Target, world: ThreeWays): Promise<Visitor> {
  if (door !== 'ssh') {
    const visitor = await visit(door, world);
    if (door !== 'http') await greet(door, visitor, target, world);
    return visitor;
  }
  const [program = '', ...args] = world.sshArgv(target.uuid);
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'], env: cleanEnvironment() });
  const visitor = new Visitor(Duplex.from({ readable: child.stdout, writable: child.stdin }));
  await expectLine(visitor, `AUTH-SUCCESS ${target.uuid}`);
  visitor.say('VERSION 4\n');
  await expectLine(visitor, 'VERSION 4');
  return visitor;
}

const pieceBytes = 50;

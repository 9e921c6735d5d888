// What a client can have said when it vanishes, at each of a gateway's doors.
import { createHash, randomBytes } from 'node:crypto';
import { version } from '../../../src/cli/version.ts';
import { cleanEnvironment } from '../../support/git-annex.ts';
import { clientUUID, type ThreeWays } from './three-ways.ts';
import { Visitor } from './visitor.ts';

export const doors = ['http', 'shell', 'p2p'] as const;
export type Door = (typeof doors)[number];

/** Whom a client speaks with, and the keys that it may speak of. */
export interface Target {
  readonly uuid: string;
  /** Present there, larger than what lies between a client and a server. */
  readonly largeKey: string;
  /** Present there, to be locked; undefined where nothing can be (a cluster). */
  readonly lockKey: string | undefined;
}

export interface HalfMessage {
  readonly name: string;
  /** Nothing is half said or half taken: a client that stays may be silent for ever. */
  readonly mayStay?: boolean;
  /** Locks the target's content. */
  readonly locks?: boolean;
  /** Has asked for much and takes little of it. */
  readonly stopsReading?: boolean;
  /** Says its part. */
  readonly say: (visitor: Visitor, target: Target, world: ThreeWays) => Promise<void>;
}

export interface HalfMessageAtDoor extends HalfMessage {
  readonly door: Door;
}

export interface Sample {
  readonly key: string;
  readonly content: Buffer;
}

export function makeSample(sizeBytes: number): Sample {
  const content = randomBytes(sizeBytes);
  return { key: `SHA256-s${sizeBytes}--${createHash('sha256').update(content).digest('hex')}`, content };
}

/** Knocks at a door. */
export async function visit(door: Door, world: ThreeWays): Promise<Visitor> {
  const { server, shellSocket, daemon } = world;
  const places = {
    http: { port: server.port },
    shell: { path: shellSocket },
    p2p: { port: daemon.port },
  };
  return await Visitor.open(places[door]);
}

/** Gets to where a conversation in the line protocol begins. */
export async function greet(door: Door, visitor: Visitor, { uuid }: Target, world: ThreeWays): Promise<void> {
  if (door === 'shell') {
    visitor.say(`${shellRequest(world, uuid)}\n`);
    await expectLine(visitor, 'go');
    await expectLine(visitor, `AUTH-SUCCESS ${uuid}`);
  } else if (door === 'p2p') {
    const { gateway } = world.cluster;
    visitor.say(`AUTH ${clientUUID} ${world.daemon.token}\n`);
    await expectLine(visitor, `AUTH-SUCCESS ${gateway.uuid}`);
    visitor.say(`SERVE ${uuid}\n`);
    await expectLine(visitor, `AUTH-SUCCESS ${uuid}`);
  }
  visitor.say('VERSION 4\n');
  await expectLine(visitor, 'VERSION 4');
}

export async function expectLine(visitor: Visitor, expected: string | RegExp): Promise<void> {
  const line = await visitor.hearLine();
  const isExpected = typeof expected === 'string' ? line === expected : expected.test(line);
  if (!isExpected) throw new Error(`expected ${String(expected)}, heard ${line}`);
}

/** The path of a request, with its parameters. */
export function httpPath(
  uuid: string,
  request: string,
  parameters: Readonly<Record<string, string>>,
): string {
  const query = new URLSearchParams({ ...parameters, clientuuid: clientUUID });
  return `/git-annex/${uuid}/v4/${request}?${query.toString()}`;
}

const putBytes = 300_000;

const overHTTP: readonly HalfMessage[] = [
  {
    name: 'half a request line',
    say: (visitor) => saying(visitor, 'POST /git-annex/'),
  },
  {
    name: 'half of the headers',
    say: (visitor, { uuid, largeKey }) =>
      saying(visitor, `POST ${httpPath(uuid, 'checkpresent', { key: largeKey })} HTTP/1.1\r\nHost: x\r\nAcc`),
  },
  {
    name: 'half of a body',
    say: (visitor, { uuid }) => {
      const { key, content } = makeSample(putBytes);
      visitor.say(
        `POST ${httpPath(uuid, 'put', { key })} HTTP/1.1\r\nHost: x\r\nX-git-annex-data-length: ${putBytes}\r\nContent-Length: ${putBytes}\r\n\r\n`,
      );
      return saying(visitor, content.subarray(0, putBytes / 2));
    },
  },
  {
    name: 'a download that is read halfway',
    stopsReading: true,
    say: async (visitor, { uuid, largeKey }) => {
      visitor.say(`GET ${httpPath(uuid, `key/${largeKey}`, {})} HTTP/1.1\r\nHost: x\r\n\r\n`);
      await expectLine(visitor, 'HTTP/1.1 200 OK\r');
      await visitor.hear(1_000);
    },
  },
  {
    name: 'keeplocked',
    mayStay: true,
    locks: true,
    say: async (visitor, { uuid, lockKey = '' }) => {
      const path = httpPath(uuid, 'lockcontent', { key: lockKey });
      visitor.say(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`);
      const { lockid = '' } = JSON.parse(await hearBody(visitor)) as { readonly lockid?: string };
      const keep = httpPath(uuid, 'keeplocked', { lockid });
      visitor.say(
        `POST ${keep} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n{"unlock":false`,
      );
    },
  },
  {
    name: 'requests ahead, and then garbage',
    say: (visitor, { uuid, largeKey }) => {
      const path = httpPath(uuid, 'checkpresent', { key: largeKey });
      visitor.say(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`.repeat(20));
      return saying(visitor, randomBytes(500));
    },
  },
];

/** In the line protocol, whatever carries it, from where a conversation begins. */
export const inLines: readonly HalfMessage[] = [
  {
    name: 'half a line',
    say: (visitor) => saying(visitor, 'CHECKPRES'),
  },
  {
    name: 'half of the data',
    say: async (visitor) => {
      const { key, content } = makeSample(putBytes);
      visitor.say(`PUT  ${key}\n`);
      await expectLine(visitor, 'PUT-FROM 0');
      visitor.say(`DATA ${putBytes}\n`);
      visitor.say(content.subarray(0, putBytes / 2));
    },
  },
  {
    name: 'an upload without its data',
    say: async (visitor) => {
      visitor.say(`PUT  ${makeSample(putBytes).key}\n`);
      await expectLine(visitor, 'PUT-FROM 0');
    },
  },
  {
    name: 'a download that is read halfway',
    stopsReading: true,
    say: async (visitor, { largeKey }) => {
      visitor.say(`GET 0  ${largeKey}\n`);
      await expectLine(visitor, /^DATA [1-9]\d*$/);
      await visitor.hear(1_000);
    },
  },
  {
    name: 'LOCKCONTENT',
    mayStay: true,
    locks: true,
    say: async (visitor, { lockKey = '' }) => {
      visitor.say(`LOCKCONTENT ${lockKey}\n`);
      await expectLine(visitor, 'SUCCESS');
    },
  },
  {
    name: 'NOTIFYCHANGE',
    mayStay: true,
    say: (visitor) => saying(visitor, 'NOTIFYCHANGE\n'),
  },
];

export const halfMessages: readonly HalfMessageAtDoor[] = [
  ...overHTTP.map((kind) => ({ ...kind, door: 'http' as const })),
  ...(['shell', 'p2p'] as const).flatMap((door) =>
    inLines.map((kind) => ({
      ...kind,
      door,
      say: async (visitor: Visitor, target: Target, world: ThreeWays): Promise<void> => {
        await greet(door, visitor, target, world);
        await kind.say(visitor, target, world);
      },
    })),
  ),
  {
    name: 'half of the request',
    door: 'shell',
    say: (visitor, { uuid }, world) => saying(visitor, shellRequest(world, uuid).slice(0, 40)),
  },
  {
    name: 'CONNECT',
    door: 'p2p',
    mayStay: true,
    say: async (visitor, target, world) => {
      await greet('p2p', visitor, target, world);
      visitor.say('CONNECT git-upload-pack\n');
      await expectLine(visitor, /^DATA \d+$/);
    },
  },
  { name: 'nothing', door: 'p2p', say: () => Promise.resolve() },
  { name: 'half of AUTH', door: 'p2p', say: (visitor) => saying(visitor, `AUTH ${clientUUID} 0123`) },
];

function saying(visitor: Visitor, bytes: string | Uint8Array): Promise<void> {
  visitor.say(bytes);
  return Promise.resolve();
}

async function hearBody(visitor: Visitor): Promise<string> {
  let lengthBytes = 0;
  for (;;) {
    const line = (await visitor.hearLine()).trim();
    if (line === '') break;
    lengthBytes = Number(/^content-length: (\d+)$/i.exec(line)?.[1] ?? lengthBytes);
  }
  return (await visitor.hear(lengthBytes)).toString();
}

function shellRequest({ cluster: { gateway } }: ThreeWays, uuid: string): string {
  const { HOME } = cleanEnvironment();
  const argv = ['p2pstdio', gateway.dir, clientUUID, '--uuid', uuid];
  return JSON.stringify({ version, argv, env: { HOME } });
}

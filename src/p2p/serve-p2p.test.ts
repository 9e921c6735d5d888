// The server's side of the line protocol over memory: every message, in every version, and every way to end.
import { describe, expect, test } from 'vitest';
import { GatewayBench, contextOf, nodeUUID } from '../../test/support/gateway-bench.ts';
import {
  agreedClient,
  content,
  contentText,
  holdingNode,
  key,
  LineClient,
  memoryNode,
  worm,
} from '../../test/support/line-client.ts';
import { FaultyRemote } from '../remote/faulty-remote.ts';
import type { Remote } from '../remote/remote.ts';
import { AnnexError } from '../types/annex-error.ts';

test('versions are agreed on, again and again', async () => {
  const client = new LineClient(memoryNode());
  expect(await client.hear()).toBe(`AUTH-SUCCESS ${nodeUUID(0)}`);
  expect(await client.talk('VERSION 9')).toBe('VERSION 4');
  expect(await client.talk('VERSION 2')).toBe('VERSION 2');
  expect(await client.talk('VERSION 1 2')).toBe('VERSION 1');
  expect(await client.talk('VERSION -1')).toBe('VERSION 0');
});

test('what makes no sense is answered, and the conversation goes on', async () => {
  const client = await agreedClient(memoryNode(), 4);
  for (const line of ['FOO bar', '', 'CHECKPRESENT nokey', `GET 0 /etc/passwd ${key}`]) {
    expect(await client.talk(line)).toBe('ERROR unknown command');
  }
  for (const line of [
    'SUCCESS',
    'UNLOCKCONTENT',
    'DATA 3',
    'VALID',
    `AUTH-SUCCESS ${nodeUUID(0)}`,
    'AUTH x y',
    'DATA-PRESENT',
    'CONNECTDONE 0',
    'CHANGED',
    'TIMESTAMP 1',
  ]) {
    expect(await client.talk(line)).toBe('ERROR unexpected command');
  }
  expect(await client.talk(`CHECKPRESENT ${key}`)).toBe('FAILURE');
});

test.each(['ERROR bye', undefined])('%s ends the conversation', async (line) => {
  const client = await agreedClient(memoryNode(), 4);
  if (line === undefined) await client.hangUp();
  else await client.say(line);
  expect(await client.ended).toEqual({ type: 'ended', leftLocks: [] });
});

test.each([
  ['half a line', 'CHECKPRES'],
  ['a line without end', 'x'.repeat(40_000)],
])('%s breaks the conversation', async (_name, text) => {
  const client = await agreedClient(memoryNode(), 4);
  await client.sayBytes(text).catch(() => undefined);
  await client.hangUp();
  expect(await client.ended).toMatchObject({ type: 'broken', error: { code: 'framing' } });
});

describe.each([0, 1, 2, 3, 4])('version %s', (version) => {
  /** As many as lines about validity are said. */
  const validity = version >= 1 ? [version] : [];

  test('presence', async () => {
    const client = await agreedClient(holdingNode(), version);
    expect(await client.talk(`CHECKPRESENT ${key}`)).toBe('SUCCESS');
    expect(await client.talk(`CHECKPRESENT ${worm}`)).toBe('FAILURE');
  });

  test.each([0, 7, 19, 50])('GET from %s', async (offset) => {
    const client = await agreedClient(holdingNode(), version);
    await client.say(`GET ${offset} a%%b ${key}`);
    const rest = content.subarray(offset);
    expect(await client.hear()).toBe(`DATA ${rest.length}`);
    expect(await client.hearBytes(rest.length)).toEqual(rest);
    expect(await client.hearLines(validity.length)).toEqual(validity.map(() => 'VALID'));
    await client.say('SUCCESS');
    expect(await client.talk(`CHECKPRESENT ${key}`)).toBe('SUCCESS');
  });

  test('GET of what is absent', async () => {
    const client = await agreedClient(memoryNode(), version);
    expect(await client.talk(`GET 0  ${key}`)).toBe('DATA 0');
    expect(await client.hearLines(validity.length)).toEqual(validity.map(() => 'INVALID'));
    await client.say('FAILURE');
    expect(await client.talk('GETTIMESTAMP')).toBe('TIMESTAMP 5000');
  });

  test('PUT', async () => {
    const remote = memoryNode();
    const client = await agreedClient(remote, version);
    expect(await client.talk(`PUT sub/file ${key}`)).toBe('PUT-FROM 0');
    await client.say('DATA 19');
    await client.sayBytes(contentText);
    if (version >= 1) await client.say('VALID');
    expect(await client.hear()).toBe('SUCCESS');
    expect(remote.contents.get(key)).toEqual(content);
    expect(await client.talk(`PUT  ${key}`)).toBe('ALREADY-HAVE');
  });

  test('PUT of wrong content', async () => {
    const remote = memoryNode();
    const client = await agreedClient(remote, version);
    expect(await client.put(key, 'x'.repeat(19), version >= 1 ? 'VALID' : undefined)).toBe('FAILURE');
    expect(remote.contents.size).toBe(0);
    expect(client.refusals).toEqual([`the content is not that of ${key}`]);
  });

  test('content that no hash can tell counts without a word that it is valid', async () => {
    const client = await agreedClient(memoryNode(), version);
    expect(await client.put(worm, 'abc', version >= 1 ? 'VALID' : undefined)).toBe('SUCCESS');
  });

  test('DATA-PRESENT', async () => {
    const remote = memoryNode();
    const client = await agreedClient(remote, version);
    expect(await client.talk(`PUT  ${key}`)).toBe('PUT-FROM 0');
    expect(await client.talk('DATA-PRESENT')).toBe(version >= 4 ? 'FAILURE' : 'ERROR expected DATA');
    expect(await client.talk(`PUT  ${key}`)).toBe('PUT-FROM 0');
    remote.contents.set(key, content);
    expect(await client.talk('DATA-PRESENT')).toBe(version >= 4 ? 'SUCCESS' : 'ERROR expected DATA');
  });

  test('removal, before a time and without one', async () => {
    const remote = holdingNode();
    const client = await agreedClient(remote, version);
    expect(await client.talk('GETTIMESTAMP')).toBe('TIMESTAMP 5000');
    expect(await client.talk(`REMOVE-BEFORE 5000 ${key}`)).toBe('FAILURE');
    expect(remote.contents.size).toBe(1);
    expect(await client.talk(`REMOVE-BEFORE 5001 ${key}`)).toBe('SUCCESS');
    expect(remote.contents.size).toBe(0);
    expect(await client.talk(`REMOVE ${key}`)).toBe('SUCCESS');
    expect(await client.talk(`REMOVE-BEFORE 1 ${key}`)).toBe('SUCCESS');
  });

  test('a cluster names its nodes where the version has words for it', async () => {
    const bench = new GatewayBench();
    const cluster = bench.cluster([bench.node(bench.memory(0)), bench.node(bench.memory(1))]);
    const plus = version >= 2 ? `-PLUS ${nodeUUID(0)} ${nodeUUID(1)}` : '';
    const client = await agreedClient(cluster, version);
    expect(await client.put(key, contentText, version >= 1 ? 'VALID' : undefined)).toBe(`SUCCESS${plus}`);
    expect(await bench.logged(key)).toEqual([nodeUUID(0), nodeUUID(1)]);
    expect(await client.talk(`PUT  ${key}`)).toBe(`ALREADY-HAVE${plus}`);
    expect(await client.talk(`LOCKCONTENT ${key}`)).toBe('FAILURE');
    expect(await client.talk(`REMOVE ${key}`)).toBe(`SUCCESS${plus}`);
    expect(await client.talk(`REMOVE ${key}`)).toBe(`SUCCESS${plus}`);
    expect(await bench.logged(key)).toEqual([]);
  });

  test('a removal from a part of a cluster is a failure that names the part', async () => {
    const bench = new GatewayBench();
    const [here, away] = [bench.memory(0), bench.memory(1)];
    const faulty = new FaultyRemote(away, (step) => (step === 'remove' ? { type: 'throw' } : undefined));
    here.contents.set(key, content);
    const client = await agreedClient(bench.cluster([bench.node(here), bench.node(faulty)]), version);
    expect(await client.talk(`REMOVE ${key}`)).toBe(version >= 2 ? `FAILURE-PLUS ${nodeUUID(0)}` : 'FAILURE');
    expect(client.refusals.join()).toContain('not removed from every node');
  });
});

describe('access', () => {
  const readOnly = 'ERROR this repository is read-only; write access denied';
  const appendOnly = 'ERROR this repository is append-only; removal denied';

  test('read-only', async () => {
    const client = await agreedClient(holdingNode(), 4, { mode: 'readonly' });
    for (const line of [`PUT  ${key}`, `PUT  ${worm}`, `REMOVE ${key}`, `REMOVE-BEFORE 1 ${worm}`]) {
      expect(await client.talk(line)).toBe(readOnly);
    }
    expect(await client.talk(`CHECKPRESENT ${key}`)).toBe('SUCCESS');
    expect(await client.talk('GETTIMESTAMP')).toBe('TIMESTAMP 5000');
    expect(await client.talk(`LOCKCONTENT ${key}`)).toBe('SUCCESS');
    await client.say('UNLOCKCONTENT');
    expect(await client.talk(`GET 19  ${key}`)).toBe('DATA 0');
    expect(await client.hear()).toBe('VALID');
    await client.say('SUCCESS');
    expect(await client.talk('CONNECT git-receive-pack')).toBe(readOnly);
    expect(await client.ended).toMatchObject({ type: 'ended' });
  });

  test('append-only', async () => {
    const client = await agreedClient(memoryNode(), 4, { mode: 'appendonly' });
    expect(await client.put(worm, 'abc', 'VALID')).toBe('SUCCESS');
    expect(await client.talk(`REMOVE ${worm}`)).toBe(appendOnly);
    expect(await client.talk(`REMOVE-BEFORE 1 ${worm}`)).toBe(appendOnly);
    expect(await client.talk('CONNECT git-receive-pack')).toBe(readOnly);
    expect(await client.ended).toMatchObject({ type: 'ended' });
  });
});

test('what a Remote throws is an ERROR, and the conversation goes on', async () => {
  const broken = new FaultyRemote(memoryNode(), () => ({
    type: 'throw',
    error: new AnnexError('remote', 'the disk\nis on fire'),
  }));
  const client = await agreedClient(broken, 4);
  const text = 'ERROR the disk is on fire';
  expect(await client.talk(`CHECKPRESENT ${key}`)).toBe(text);
  expect(await client.talk(`GET 0  ${key}`)).toBe(text);
  expect(await client.talk(`PUT  ${key}`)).toBe(text);
  expect(await client.talk(`REMOVE ${key}`)).toBe(text);
  expect(await client.talk('GETTIMESTAMP')).toBe(text);
  expect(await client.talk(`LOCKCONTENT ${key}`)).toBe('FAILURE');
  expect(client.events.filter(({ type }) => type === 'request-failed')).toHaveLength(6);
});

test('BYPASS, the associated file and the client reach the Remote', async () => {
  const remote = memoryNode();
  const seen: unknown[] = [];
  const watched: Remote = Object.create(remote, {
    store: {
      value: (...args: Parameters<Remote['store']>) => {
        const { bypass, associatedFile, clientUUID, requestId } = args[2];
        seen.push({ bypass, associatedFile, clientUUID, requestId });
        return remote.store(...args);
      },
    },
  }) as Remote;
  const client = await agreedClient(watched, 4);
  await client.say(`BYPASS ${nodeUUID(7)} ${nodeUUID(8)}`);
  expect(await client.talk(`PUT a%%%b ${worm}`)).toBe('PUT-FROM 0');
  await client.say('ERROR enough');
  await client.say('BYPASS');
  expect(await client.talk(`PUT  ${worm}`)).toBe('PUT-FROM 0');
  await client.say('ERROR enough');
  const { clientUUID } = contextOf();
  expect(seen).toEqual([
    { bypass: [nodeUUID(7), nodeUUID(8)], associatedFile: 'a%_b', clientUUID, requestId: 'test' },
    { bypass: [], associatedFile: undefined, clientUUID, requestId: 'test' },
  ]);
});

test('an aborted signal ends everything with its reason, whatever is going on', async () => {
  const waiting = await agreedClient(memoryNode(), 4);
  waiting.abort(new Error('stopping'));
  expect(await waiting.ended).toMatchObject({ type: 'broken', error: { message: 'stopping' } });
  const stalled = await agreedClient(new FaultyRemote(memoryNode(), () => ({ type: 'stall' })), 4);
  await stalled.say(`CHECKPRESENT ${key}`);
  stalled.abort(new Error('stopping'));
  expect(await stalled.ended).toMatchObject({ type: 'broken', error: { message: 'stopping' } });
});

describe('the git side', () => {
  test('is not there unless given', async () => {
    const client = await agreedClient(memoryNode(), 4);
    expect(await client.talk('NOTIFYCHANGE')).toBe('ERROR change notification not available');
    expect(await client.talk('CONNECT git-upload-pack')).toBe(
      'ERROR relaying to git not supported on this connection',
    );
    expect(await client.ended).toMatchObject({ type: 'ended' });
  });

  test('where given, CONNECT has the wire and then the conversation is over', async () => {
    const client = await agreedClient(memoryNode(), 4, {
      notifyChange: () => Promise.resolve(['ab', 'cd']),
      connect: async (service, wire) => {
        expect(service).toBe('git-upload-pack');
        await wire.send({ type: 'CONNECTDONE', exitCode: 0 });
      },
    });
    expect(await client.talk('NOTIFYCHANGE')).toBe('CHANGED ab cd');
    expect(await client.talk('CONNECT git-upload-pack')).toBe('CONNECTDONE 0');
    expect(await client.ended).toMatchObject({ type: 'ended' });
  });

  test.each<[string, (client: LineClient) => unknown]>([
    ['ends', async (client) => await client.hangUp()],
    ['breaks', (client) => client.cut()],
  ])('waiting for changes is over when the connection %s', async (_, vanish) => {
    const signals: AbortSignal[] = [];
    const client = await agreedClient(memoryNode(), 4, {
      notifyChange: async (signal) => {
        signals.push(signal);
        return await new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
        });
      },
    });
    await client.say('NOTIFYCHANGE');
    await vanish(client);
    expect(await client.ended).toMatchObject({ type: 'broken' });
    expect(signals).toMatchObject([{ aborted: true }]);
  });

  test('what is said while waiting for changes is answered afterwards', async () => {
    let change: (() => void) | undefined;
    const client = await agreedClient(memoryNode(), 4, {
      notifyChange: async () => await new Promise((resolve) => (change = () => resolve(['ab']))),
    });
    await client.say('NOTIFYCHANGE');
    await client.say('VERSION 3');
    change?.();
    expect(await client.hearLines(2)).toEqual(['CHANGED ab', 'VERSION 3']);
  });
});

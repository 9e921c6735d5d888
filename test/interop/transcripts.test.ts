// Plays every transcript of fixtures/p2p to both releases of real git-annex and to Annexus, in repositories of the
// same make. The releases must answer what was recorded from them; Annexus what the latest one does, except for
// the lines that the transcript marks with a name of doc/differences.md, and those must really differ.
//
//   RECORD=1 npx vitest run --project interop test/interop/transcripts.test.ts     records git-annex anew
//   TRANSCRIPTS=plain ...                                                        only fixtures of such names
import { mkdir, mkdtemp, readFile, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { releases, removeTree, type Release } from '../support/git-annex.ts';
import { readFixtures, withHeard, writeFixture } from './transcripts/fixtures.ts';
import { formatTranscript } from './transcripts/format-transcript.ts';
import { parseTranscript } from './transcripts/parse-transcript.ts';
import { readsAs, replay, type Where } from './transcripts/replay.ts';
import { Storekeepers } from './transcripts/storekeepers.ts';
import { answersOf, type ServerName } from './transcripts/transcript.ts';
import { makeWorld } from './transcripts/world.ts';

const fixtures = new Map((await readFixtures()).map((fixture) => [fixture.name, fixture]));
const names = [...fixtures.keys()];
const record = process.env['RECORD'] ?? '';
const recorded: readonly ServerName[] = { '': [], annexus: ['annexus'] as const }[record] ?? [
  'stable',
  'latest',
];

// What Annexus does not serve yet: special remotes. A fixture that goes well leaves the list.
const isNotYet = (name: string): boolean => name.startsWith('special-');

describe('transcripts', () => {
  test('are written as they are formatted', async () => {
    for (const name of names) {
      const path = new URL(`../../fixtures/p2p/${name}.transcript`, import.meta.url);
      const text = await readFile(path, 'utf8');
      expect(formatTranscript(parseTranscript(name, text))).toBe(text);
    }
  });

  test('name differences that are in the list, and that are some', async () => {
    const text = await readFile(new URL('../../doc/differences.md', import.meta.url), 'utf8');
    const listed = [...text.matchAll(/^### `([a-z0-9-]+)`$/gm)].map((match) => match[1] ?? '');
    const marked = markedAnswers();
    expect(marked.filter(({ difference }) => !listed.includes(difference))).toEqual([]);
    expect(marked.filter(({ ours, theirs }) => ours === theirs)).toEqual([]);
  });
});

describe('answers as in the transcripts', () => {
  let dir: string;
  const places = new Map<ServerName, Where>();
  const servers = recorded.length > 0 ? recorded : (['stable', 'latest', 'annexus'] as const);
  const checked = recorded.length > 0 ? [] : servers;
  const all = checked.flatMap((server) => names.map((name) => [server, name] as const));
  const unserved = all.filter(([server, name]) => server === 'annexus' && isNotYet(name));

  // Each server has repositories of its own, which the latest release makes for Annexus.
  beforeAll(async () => {
    dir = await realpath(await mkdtemp(join(tmpdir(), 'annexus-transcripts-')));
    const [stable, latest] = releases() as [Release, Release];
    const make = async (server: ServerName): Promise<void> => {
      await mkdir(join(dir, server));
      const world = await makeWorld(join(dir, server), server === 'stable' ? stable : latest);
      places.set(server, { server, world, keepers: new Storekeepers(world) });
    };
    await Promise.all(servers.map(make));
  });

  afterAll(async () => {
    for (const { keepers } of places.values()) await keepers[Symbol.asyncDispose]();
    await removeTree(dir);
  });

  test.concurrent.each(recorded.flatMap((server) => names.map((name) => [server, name] as const)))(
    '%s: %s is recorded',
    async (server, name) => {
      const { heard } = await replay(fixtures.get(name)!, places.get(server)!, 'record');
      // Another server's recording may have been put in meanwhile.
      const fixture = fixtures.get(name)!;
      const conversations = fixture.conversations.map((conversation, index) =>
        withHeard(conversation, server, heard[index] ?? []),
      );
      fixtures.set(name, { ...fixture, conversations });
      await writeFixture({ ...fixture, conversations });
      expect(heard).toHaveLength(conversations.length);
    },
  );

  test.concurrent.each(all.filter((each) => !unserved.includes(each)))('%s: %s', async (server, name) => {
    const { given, wanted } = await replay(fixtures.get(name)!, places.get(server)!);
    expect(given).toBe(wanted);
  });

  test.concurrent.each(unserved)('%s: %s, not yet', async (server, name) => {
    const { given, wanted } = await replay(fixtures.get(name)!, places.get(server)!, 'first-difference');
    expect(given, 'it is served now, so it leaves the list').not.toBe(wanted);
  });
});

interface Marked {
  readonly where: string;
  readonly difference: string;
  readonly ours: string;
  readonly theirs: string;
}

function markedAnswers(): Marked[] {
  const marked: Marked[] = [];
  for (const { name, settings, conversations } of fixtures.values()) {
    for (const conversation of conversations) {
      const reads = readsAs('annexus', [...settings, ...conversation.settings]);
      for (const step of conversation.steps) {
        if (step.type !== 'hear') continue;
        const ours = (answersOf(step.answers, 'annexus') ?? []).join('\n');
        const theirs = (step.answers.latest ?? []).map(reads).join('\n');
        const where = `${name}: ${conversation.title}`;
        for (const { difference } of step.answers.differs) marked.push({ where, difference, ours, theirs });
      }
    }
  }
  return marked;
}

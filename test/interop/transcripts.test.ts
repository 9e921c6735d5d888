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
import { readFixtures, withHeard, withoutReason, writeFixture } from './transcripts/fixtures.ts';
import { formatConversation, formatTranscript } from './transcripts/format-transcript.ts';
import { parseTranscript } from './transcripts/parse-transcript.ts';
import type { Heard } from './transcripts/play.ts';
import { Session } from './transcripts/session.ts';
import { answersOf, type Conversation, type ServerName, type Setting } from './transcripts/transcript.ts';
import { makeWorld, type TranscriptWorld } from './transcripts/world.ts';

const fixtures = await readFixtures();
const record = process.env['RECORD'] ?? '';
const recording: readonly ServerName[] =
  record === '1' ? ['stable', 'latest'] : record === 'annexus' ? ['annexus'] : [];
const [stable, latest] = releases() as [Release, Release];
// What Annexus does not serve yet. A fixture that is played as it should be has no place here.
const notYet = /^(?:special|nested)-/;

// Each with repositories of its own, which the latest release makes for Annexus.
const servers = (
  [
    ['stable', stable],
    ['latest', latest],
    ['annexus', latest],
  ] as const
).filter(([server]) => recording.length === 0 || recording.includes(server));

describe('transcripts', () => {
  test('are written as they are formatted', async () => {
    for (const fixture of fixtures) {
      const path = new URL(`../../fixtures/p2p/${fixture.name}.transcript`, import.meta.url);
      const text = await readFile(path, 'utf8');
      expect(formatTranscript(parseTranscript(fixture.name, text))).toBe(text);
    }
  });

  test('name differences that are in the list, and that are some', async () => {
    const text = await readFile(new URL('../../doc/differences.md', import.meta.url), 'utf8');
    const listed = [...text.matchAll(/^### `([a-z0-9-]+)`$/gm)].map((match) => match[1]);
    for (const { name, settings, conversations } of fixtures) {
      for (const { title, settings: more, steps } of conversations) {
        const reads = readsAs('annexus', [...settings, ...more]);
        for (const step of steps) {
          if (step.type !== 'hear' || step.answers.differs.length === 0) continue;
          const where = `${name}: ${title}`;
          for (const { difference } of step.answers.differs) expect(listed, where).toContain(difference);
          expect(answersOf(step.answers, 'annexus'), where).not.toEqual(step.answers.latest?.map(reads));
        }
      }
    }
  });
});

describe('answers as in the transcripts', () => {
  let dir: string;
  const worlds = new Map<ServerName, TranscriptWorld>();

  beforeAll(async () => {
    dir = await realpath(await mkdtemp(join(tmpdir(), 'annexus-transcripts-')));
    const make = async ([server, release]: (typeof servers)[number]): Promise<void> => {
      await mkdir(join(dir, server));
      worlds.set(server, await makeWorld(join(dir, server), release));
    };
    await Promise.all(servers.map(make));
  });

  afterAll(async () => await removeTree(dir));

  test.concurrent.each(servers.flatMap(([server]) => fixtures.map(({ name }) => [server, name] as const)))(
    '%s: %s',
    async (server, name) => await playAll(name, { server, world: worlds.get(server)! }),
  );
});

// As recorded so far; the recordings of two servers go into one file.
const current = new Map(fixtures.map((fixture) => [fixture.name, fixture]));

interface Where {
  readonly server: ServerName;
  readonly world: TranscriptWorld;
}

async function playAll(name: string, { server, world }: Where): Promise<void> {
  const fixture = current.get(name)!;
  const isNotYet = server === 'annexus' && notYet.test(name) && recording.length === 0;
  const played: Heard[] = [];
  const given: string[] = [];
  const wanted: string[] = [];
  for (const conversation of fixture.conversations) {
    const reads = readsAs(server, [...fixture.settings, ...conversation.settings]);
    const expected = recording.includes(server) ? undefined : server;
    const session = new Session(fixture, conversation, { server, world, expect: expected, reads });
    const heard = await session.play();
    played.push(heard);
    given.push(render(conversation, heard));
    wanted.push(render(conversation, expectedOf(conversation, server, reads)));
    if (isNotYet && given.at(-1) !== wanted.at(-1)) return;
  }
  if (isNotYet) expect.fail(`${name} is served now: take it from the list of what is not yet`);
  if (!recording.includes(server)) return expect(given.join('\n')).toBe(wanted.join('\n'));
  // Another server's recording may have been put in meanwhile.
  const conversations = (current.get(name) ?? fixture).conversations.map((conversation, index) =>
    withHeard(conversation, server, played[index] ?? []),
  );
  current.set(name, { ...fixture, conversations });
  await writeFixture({ ...fixture, conversations });
}

// What a session tells people when it dies is worded differently by Annexus; what a command says is not.
function readsAs(server: ServerName, settings: readonly Setting[]): (answer: string) => string {
  const isCommand = settings.some(({ name }) => name === 'command');
  return server === 'annexus' && !isCommand ? withoutReason : (answer) => answer;
}

function render(conversation: Conversation, heard: Heard): string {
  const steps = withHeard(conversation, 'latest', heard).steps.map((step) =>
    step.type === 'hear'
      ? { ...step, answers: { ...step.answers, stable: step.answers.latest, differs: [] } }
      : step,
  );
  return formatConversation({ ...conversation, steps }).join('\n');
}

function expectedOf(
  conversation: Conversation,
  server: ServerName,
  reads: (answer: string) => string,
): Heard {
  let ended = false;
  const hears = conversation.steps.filter((step) => step.type === 'hear');
  return hears.map(({ answers }) => {
    const expected = ended ? undefined : answersOf(answers, server)?.map(reads);
    ended ||= expected?.at(-1)?.startsWith('(e') === true;
    return expected;
  });
}

// Reads a fixture of fixtures/p2p (its README describes the text). Anything that is not understood is an error with
// its line number: a transcript that is read otherwise than it was meant would prove nothing.
import {
  settingNames,
  type Answers,
  type Conversation,
  type Difference,
  type Setting,
  type SettingName,
  type Step,
  type Transcript,
} from './transcript.ts';

/** Throws for a line that is none of the format. */
export function parseTranscript(name: string, text: string): Transcript {
  const [head = [], ...parts] = sections(text);
  const comment = head.filter(({ text }) => text.startsWith('#')).map(({ text }) => text.slice(1).trim());
  const settings = head.filter(({ text }) => !text.startsWith('#')).map(parseSetting);
  const conversations = parts.map(parseConversation);
  const titles = new Set(conversations.map(({ title }) => title));
  if (titles.size !== conversations.length) throw new Error(`${name}: two conversations have the same title`);
  return { name, comment, settings, conversations };
}

interface Line {
  readonly number: number;
  readonly text: string;
}

// The head, then one section for each `== title`, which is its first line.
function sections(text: string): Line[][] {
  const found: Line[][] = [[]];
  for (const [index, line] of text.split('\n').entries()) {
    if (line.startsWith('== ')) found.push([]);
    if (line !== '') found.at(-1)?.push({ number: index + 1, text: line });
  }
  return found;
}

function parseConversation([title, ...lines]: readonly Line[]): Conversation {
  const first = lines.findIndex(({ text }) => /^(?:#|[CSA][[:+~])/.test(text));
  const settings = lines.slice(0, first).map(parseSetting);
  const steps: Step[] = [];
  let heard: Heard | undefined;
  for (const line of lines.slice(first)) {
    if (/^[SA]/.test(line.text)) {
      heard ??= { common: [], stable: [], latest: [], differs: [] };
      hear(heard, line);
      continue;
    }
    if (heard !== undefined) steps.push({ type: 'hear', answers: answersOf(heard, line) });
    heard = undefined;
    steps.push(parseSent(line));
  }
  if (heard !== undefined) steps.push({ type: 'hear', answers: answersOf(heard, lines.at(-1)) });
  return { title: title?.text.slice('== '.length) ?? '', settings, steps: withUnheard(steps) };
}

// Where git-annex has ended and the client speaks on, another server may answer: there is a place for it.
function withUnheard(steps: readonly Step[]): Step[] {
  const all: Step[] = [];
  let ended = false;
  for (const [index, step] of steps.entries()) {
    all.push(step);
    const next = steps[index + 1]?.type;
    if (step.type === 'hear') ended ||= hasEnded(step.answers.stable) || hasEnded(step.answers.latest);
    else if (ended && step.type !== 'comment' && next !== 'hear' && next !== 'send-content') {
      all.push({ type: 'hear', answers: { stable: undefined, latest: undefined, differs: [] } });
    }
  }
  return all;
}

function hasEnded(answers: readonly string[] | undefined): boolean {
  return answers?.some((answer) => answer.startsWith('(exit ')) === true;
}

function parseSetting({ number, text }: Line): Setting {
  const match = /^([a-z]+): (.+)$/.exec(text);
  const name = match?.[1] as SettingName | undefined;
  if (match === null || name === undefined || !settingNames.includes(name)) {
    throw new Error(`line ${number}: no setting: ${text}`);
  }
  return { name, value: match[2] ?? '' };
}

function parseSent({ number, text }: Line): Step {
  if (text.startsWith('#')) return { type: 'comment', text: text.slice(1).trim() };
  if (text === 'C: (end)') return { type: 'end' };
  const match = /^C([:~+])(?: (.*))?$/.exec(text);
  if (match === null) throw new Error(`line ${number}: nothing that a client sends: ${text}`);
  const sent = match[2] ?? '';
  if (match[1] === '+') return { type: 'send-content', text: sent };
  return { type: 'send', text: sent, ended: match[1] === ':' };
}

interface Heard {
  readonly common: string[];
  readonly stable: string[];
  readonly latest: string[];
  readonly differs: Difference[];
}

function hear(heard: Heard, { number, text }: Line): void {
  const match = /^([SA])(?:\[([^\]]+)\])?([:+])(?: (.*))?$/.exec(text);
  const [, who, which, mark, said = ''] = match ?? [];
  const answer = mark === '+' ? `+${said}` : said;
  if (who === 'A' && which !== undefined) heard.differs.push({ difference: which, answer });
  else if (who === 'S' && which === undefined) heard.common.push(answer);
  else if (who === 'S' && (which === 'stable' || which === 'latest')) heard[which].push(answer);
  else throw new Error(`line ${number}: nothing that a server answers: ${text}`);
}

function answersOf({ common, stable, latest, differs }: Heard, line: Line | undefined): Answers {
  if (common.length === 0) return { stable: orNone(stable), latest: orNone(latest), differs };
  if (stable.length + latest.length === 0) return { stable: common, latest: common, differs };
  throw new Error(`before line ${line?.number}: answers of both releases and answers of one`);
}

// A server that says nothing is written as `(nothing)`; none at all means that it has ended before.
function orNone(lines: readonly string[]): readonly string[] | undefined {
  return lines.length === 0 ? undefined : lines;
}

// Writes a transcript as the text that parseTranscript reads; reading and writing again changes nothing.
import { isDeepStrictEqual } from 'node:util';
import type { Answers, Conversation, Setting, Step, Transcript } from './transcript.ts';

export function formatTranscript({ comment, settings, conversations }: Transcript): string {
  const head = [...comment.map((text) => `# ${text}`.trimEnd()), ...settings.map(formatSetting)];
  return [head, ...conversations.map(formatConversation)].map((lines) => `${lines.join('\n')}\n`).join('\n');
}

export function formatConversation({ title, settings, steps }: Conversation): string[] {
  return [`== ${title}`, ...settings.map(formatSetting), ...steps.flatMap(formatStep)];
}

function formatSetting({ name, value }: Setting): string {
  return `${name}: ${value}`;
}

function formatStep(step: Step): string[] {
  switch (step.type) {
    case 'comment':
      return [`# ${step.text}`.trimEnd()];
    case 'send':
      return [`C${step.ended ? ':' : '~'} ${step.text}`.replace(/^C: $/, 'C:')];
    case 'send-content':
      return [`C+ ${step.text}`];
    case 'end':
      return ['C: (end)'];
    case 'hear':
      return formatAnswers(step.answers);
  }
}

function formatAnswers({ stable, latest, differs }: Answers): string[] {
  const lines = isDeepStrictEqual(stable, latest)
    ? (stable ?? []).map((answer) => formatAnswer('S', answer))
    : [
        ...(stable ?? []).map((answer) => formatAnswer('S[stable]', answer)),
        ...(latest ?? []).map((answer) => formatAnswer('S[latest]', answer)),
      ];
  return [...lines, ...differs.map(({ difference, answer }) => formatAnswer(`A[${difference}]`, answer))];
}

/** @param who `S`, `S[stable]`, `A[name]` */
function formatAnswer(who: string, answer: string): string {
  if (answer.startsWith('+')) return `${who}+ ${answer.slice(1)}`;
  return answer === '' ? `${who}:` : `${who}: ${answer}`;
}

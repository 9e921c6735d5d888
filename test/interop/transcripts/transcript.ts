// What a fixture in fixtures/p2p says, once parsed: conversations with a server of the P2P protocol over stdio
// (doc/design/p2p_protocol), line by line. fixtures/p2p/README.md describes the text. A conversation says what the
// client sends and what each server answers; the two releases of git-annex may differ, and so may Annexus, but
// that only under a name of doc/differences.md.

/** Who answers: git-annex of the two releases, or ours. */
export type ServerName = 'stable' | 'latest' | 'annexus';

export interface Transcript {
  /** The fixture's name without its ending. */
  readonly name: string;
  /** Comment lines at its head. */
  readonly comment: readonly string[];
  /** Settings that hold for all its conversations. */
  readonly settings: readonly Setting[];
  readonly conversations: readonly Conversation[];
}

/** `NAME: VALUE` before the first line that is sent or heard. */
export interface Setting {
  readonly name: SettingName;
  readonly value: string;
}

export const settingNames = [
  'repository',
  'uuid',
  'access',
  'command',
  'environment',
  'content',
  'given',
] as const;

export type SettingName = (typeof settingNames)[number];

export interface Conversation {
  readonly title: string;
  readonly settings: readonly Setting[];
  readonly steps: readonly Step[];
}

export type Step =
  | { readonly type: 'comment'; readonly text: string }
  /** A line, or with `ended: false` the beginning of one. */
  | { readonly type: 'send'; readonly text: string; readonly ended: boolean }
  /** Bytes `from` to `to` of a named content. */
  | { readonly type: 'send-content'; readonly text: string }
  /** The client closes its side. */
  | { readonly type: 'end' }
  /** The client reads until it has heard as much as is written here. */
  | { readonly type: 'hear'; readonly answers: Answers };

/**
 * An answer is a line of the protocol, `+NAME FROM..TO` for content, or in parentheses what is no line: `(nothing)`,
 * `(exit 1) first line of standard error`. A server that has ended before has no answers.
 */
export interface Answers {
  readonly stable: readonly string[] | undefined;
  readonly latest: readonly string[] | undefined;
  /** What Annexus answers instead, each line with its name in doc/differences.md; empty where it answers the same. */
  readonly differs: readonly Difference[];
}

export interface Difference {
  readonly difference: string;
  readonly answer: string;
}

/** What a server has to answer here: for Annexus what the latest release answers, unless it differs. */
export function answersOf(answers: Answers, server: ServerName): readonly string[] | undefined {
  if (server !== 'annexus') return answers[server];
  if (answers.differs.length > 0) return answers.differs.map(({ answer }) => answer);
  return answers.latest;
}

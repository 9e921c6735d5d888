/**
 * The one exception of Annexus: this operation or conversation cannot go on. A negative answer (not present, refused,
 * not removed) is a value, never an exception.
 *
 * The codes are a closed set, divided by who is at fault and what may happen next; each door keeps one table from code
 * to its own answer. An aborted operation throws `signal.reason` as it is, never an AnnexError.
 */

export type ErrorCode =
  /** The other side said something that its protocol does not allow; the conversation may go on. */
  | 'protocol'
  /** Bytes and messages can no longer be told apart; the conversation is over. */
  | 'framing'
  /** A peer could not be reached, hung up or stalled; trying again later may help. */
  | 'peer'
  /** Not allowed. */
  | 'access'
  /** A repository or store failed: disk full, I/O error, damaged repository. */
  | 'remote'
  /** Content is not what its key says. */
  | 'verification'
  /** Someone else is at work on the same key; trying again soon helps. */
  | 'busy'
  /** A configuration, expression or argument is wrong; a person has to mend it. */
  | 'config'
  /** Annexus itself is wrong. */
  | 'invariant';

export class AnnexError extends Error {
  readonly code: ErrorCode;

  /** `message`: lower case, no full stop, names the key, UUID or node. It may be shown to clients: no secrets. */
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'AnnexError';
    this.code = code;
  }
}

/** Whether what a Remote threw shows that it can be reached all the same. */
export function hasAnswered(error: unknown): boolean {
  return error instanceof AnnexError && answers.has(error.code);
}

const answers: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['access', 'verification', 'busy']);

/** The one funnel: whatever was caught, as an AnnexError. `what` says what was being done. */
export function toAnnexError(caught: unknown, what: string): AnnexError {
  if (caught instanceof AnnexError) return caught;
  const reason = caught instanceof Error ? caught.message : String(caught);
  return new AnnexError('remote', `${what}: ${reason}`, { cause: caught });
}

/** What a command of `annexus shell` works in: the repository, what was asked for, and where to say things. */

import type { EventSink } from '../../types/event.ts';
import type { UUID } from '../../types/uuid.ts';
import type { GitRepository } from '../../node/git/git-repository.ts';
import type { ShellCommand } from './command-words.ts';
import type { Environment } from './restrictions.ts';

export interface ShellSession {
  readonly command: ShellCommand;
  /** The command closes it. */
  readonly git: GitRepository;
  /** Of the repository itself; undefined where it is no annex yet. */
  readonly ownUUID: UUID | undefined;
  readonly env: Environment;
  /** A line on standard error. */
  readonly say: (line: string) => void;
  readonly events: EventSink;
  /** Aborted when the process is told to end. */
  readonly signal: AbortSignal;
}

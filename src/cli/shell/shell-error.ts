/** What ends `annexus shell` with a word on standard error and an exit status, as git-annex-shell has it. */

export class ShellError extends Error {
  readonly status: number;

  constructor(message: string, status: number = 1) {
    super(message);
    this.name = 'ShellError';
    this.status = status;
  }
}

/** The command line makes no sense: the message comes before the usage. */
export class UsageError extends ShellError {}

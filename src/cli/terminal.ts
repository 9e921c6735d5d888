/** Where a command prints and what it runs in; handed in so that commands can be tested in one process. */

export interface Terminal {
  /** Standard output: results. Names of files may be any bytes. */
  readonly out: (text: string | Uint8Array) => void;
  /** Standard error: complaints and progress. */
  readonly err: (text: string) => void;
  /** Nobody reads standard output any more: there is no use in going on with a list. */
  readonly isOutputGone: () => boolean;
  /** Whether standard output is a terminal, which control characters would steer. */
  readonly isOutputTerminal: boolean;
  /** Standard input. */
  readonly input: () => AsyncIterable<Uint8Array>;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

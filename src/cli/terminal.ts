/** Where a command prints and what it runs in; handed in so that commands can be tested in one process. */

export interface Terminal {
  /** Standard output: results. */
  readonly out: (text: string) => void;
  /** Standard error: complaints and progress. */
  readonly err: (text: string) => void;
  /** Nobody reads standard output any more: there is no use in going on with a list. */
  readonly isOutputGone: () => boolean;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

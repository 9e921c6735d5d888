/**
 * Results of commands as git-annex prints them: `COMMAND ITEM ok` or `failed` a line, or with `--json` one object a line
 * with git-annex's members in its order (by name), and `COMMAND: N failed` at the end, which makes the exit status 1.
 */

import { AnnexError } from '../types/annex-error.ts';
import { withoutControls } from './quote-path.ts';
import type { Terminal } from './terminal.ts';

export interface OutputOptions {
  readonly json?: boolean | undefined;
  readonly jsonErrorMessages?: boolean | undefined;
  readonly quiet?: boolean | undefined;
}

export type JSONFields = Readonly<Record<string, unknown>>;

/** What was found or done for one item. */
export interface ItemResult {
  readonly success: boolean;
  /** Printed after the item's name, before `ok`; lines of its own begin with a line feed. */
  readonly note?: string | undefined;
  /** Why it failed. */
  readonly error?: string | undefined;
  /** Further members of the JSON object. */
  readonly fields?: JSONFields | undefined;
  /** Matching options leave it out: nothing is printed. */
  readonly isLeftOut?: boolean | undefined;
}

export interface FoundItem {
  /** What the item is called in JSON; empty for the repository itself. */
  readonly title: string;
  /** Why nothing can be told of it. */
  readonly note?: string | undefined;
}

export class Report {
  readonly #command: string;
  readonly #options: OutputOptions;
  readonly #terminal: Terminal;
  #failures = 0;
  /** Since the last item began. */
  #warned = false;

  constructor(command: string, options: OutputOptions, terminal: Terminal) {
    this.#command = command;
    this.#options = options;
    this.#terminal = terminal;
  }

  /** Runs the action of one item and prints how it went. What the action throws makes the item fail. */
  async item(name: string, input: readonly string[], action: () => Promise<ItemResult>): Promise<void> {
    if (this.#terminal.isOutputGone()) throw new AnnexError('remote', 'standard output was closed');
    const title = `${this.#command} ${name}`;
    let result: ItemResult;
    const errors: string[] = [];
    this.#warned = false;
    try {
      result = await action();
      if (result.error !== undefined) errors.push(result.error);
    } catch (error) {
      errors.push(error instanceof Error ? error.message : String(error));
      result = { success: false };
    }
    if (result.isLeftOut === true) return;
    if (!result.success) this.#failures++;
    if (this.#options.json === true || this.#options.jsonErrorMessages === true) {
      this.#json(input, result, errors);
      return;
    }
    for (const error of errors) this.#terminal.err(`annexus: ${error}\n`);
    if (this.#options.quiet !== true) {
      const end = result.success ? 'ok' : 'failed';
      // What was complained of in between has the end on a line of its own.
      const note = result.note ?? (errors.length > 0 || this.#warned ? '\n' : '');
      this.#terminal.out(withoutControls(`${title} ${note}${end}\n`));
    }
  }

  /** Something could not even be looked for. */
  failure(error: AnnexError): void {
    this.#failures++;
    this.#terminal.err(`annexus: ${error.message}\n`);
  }

  /**
   * An item whose findings are lines of their own, printed as they come, or members of one JSON object. `find` says them
   * by name, line and JSON value, and answers with the item's name, a note where there is no such item, or undefined where it is left out.
   */
  async fields(
    name: string,
    input: readonly string[],
    find: (say: (name: string, line: string, json: unknown) => void) => Promise<FoundItem | undefined>,
  ): Promise<void> {
    const found: Record<string, unknown> = {};
    const isJSON = this.#options.json === true || this.#options.jsonErrorMessages === true;
    const say = (field: string, line: string, json: unknown): void => {
      found[field] = json;
      if (!isJSON) this.line(line);
    };
    let isFound = false;
    const work = async (): Promise<ItemResult> => {
      const item = await find(say);
      if (item === undefined) return { success: true, isLeftOut: true };
      const { title, note } = item;
      if (note !== undefined) return { success: false, note: `(${note}) `, fields: { file: name, note } };
      isFound = true;
      const command = title === '' ? this.#command : `${this.#command} ${title}`;
      return { success: true, fields: { ...found, command } };
    };
    if (isJSON) return await this.item(name, input, work);
    let result: ItemResult = { success: false };
    try {
      result = await work();
    } catch (error) {
      this.#terminal.err(`annexus: ${error instanceof Error ? error.message : String(error)}\n`);
    }
    if (!isFound) await this.item(name, input, () => Promise.resolve(result));
  }

  /** Findings that are printed as they are, with `--quiet` too, or are members of one JSON object. */
  async listing(
    input: readonly string[],
    find: () => Promise<{ readonly text: string; readonly fields: JSONFields }>,
  ): Promise<void> {
    const { text, fields } = await find();
    if (this.#options.json === true || this.#options.jsonErrorMessages === true)
      this.#json(input, { success: true, fields }, []);
    else this.#terminal.out(withoutControls(text));
  }

  /** A line of its own that git-annex prints with `--quiet` too. */
  alwaysLine(text: string): void {
    this.#terminal.out(`${withoutControls(text)}\n`);
  }

  /** What the user should know, and is no failure; set off as git-annex has it. */
  warning(text: string): void {
    this.#warned = true;
    this.#terminal.err(`  ${withoutControls(text)}\n`);
  }

  /** A line of its own, not part of any item; nothing with `--quiet` or `--json`. */
  line(text: string): void {
    if (this.#options.quiet !== true && this.#options.json !== true)
      this.#terminal.out(`${withoutControls(text)}\n`);
  }

  /** Whether nothing failed so far. */
  get isGood(): boolean {
    return this.#failures === 0;
  }

  /** The exit status. */
  finish(): number {
    if (this.#failures === 0) return 0;
    this.#terminal.err(`${this.#command}: ${this.#failures} failed\n`);
    return 1;
  }

  #json(input: readonly string[], result: ItemResult, errors: readonly string[]): void {
    const object: Record<string, unknown> = {
      command: this.#command,
      'error-messages': this.#options.jsonErrorMessages === true ? errors : [],
      input,
      success: result.success,
      ...result.fields,
    };
    if (this.#options.jsonErrorMessages !== true) {
      for (const error of errors) this.#terminal.err(`annexus: ${error}\n`);
    }
    const sorted = Object.keys(object).sort();
    this.#terminal.out(`${jsonText(Object.fromEntries(sorted.map((key) => [key, object[key]])))}\n`);
  }
}

/** A bigint is written with all its digits, which `JSON.stringify` has no way to do by itself. */
function jsonText(value: unknown): string {
  const text = JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'bigint' ? `\0${member}` : member,
  );
  return text.replace(/"\\u0000(-?\d+)"/g, '$1');
}

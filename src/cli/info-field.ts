/** One line of `info`: a name, its value as text, and as JSON. */

export interface InfoField {
  readonly name: string;
  /** What follows `name: `; entries of a list follow on lines of their own, each after a tab. */
  readonly text: string;
  readonly json: unknown;
}

export function infoField(name: string, value: string | number): InfoField {
  return { name, text: String(value), json: value };
}

/** A list whose entries stand on lines of their own. */
export function infoList(name: string, head: string, lines: readonly string[], json: unknown): InfoField {
  return { name, text: [head, ...lines.map((line) => `\t${line}`)].join('\n'), json };
}

/** The classes of POSIX regular expressions: `[a-z]`, `[^0-9]`, `[[:space:]]`. */

export type CharacterClass = (character: string) => boolean;

export interface ParsedClass {
  readonly class: CharacterClass;
  /** The index of the bracket that ends it. */
  readonly end: number;
}

/** Reads a class whose first character after `[` is at `start`. Undefined where it has no end or makes no sense. */
export function parseCharacterClass(from: readonly string[], start: number): ParsedClass | undefined {
  const isNegated = from[start] === '^';
  const first = isNegated ? start + 1 : start;
  const members: CharacterClass[] = [];
  let at = first;
  while (from[at] !== ']' || at === first) {
    const character = from[at];
    if (character === undefined) return undefined;
    const name = namedClassAt(from, at);
    if (name !== undefined) {
      const named = namedClasses.get(name);
      if (named === undefined) return undefined;
      members.push((one) => named.test(one));
      at += name.length + 4;
      continue;
    }
    const last = from[at + 1] === '-' && from[at + 2] !== ']' ? from[at + 2] : undefined;
    if (last === undefined) {
      members.push((one) => one === character);
      at += 1;
    } else {
      if (codeOf(last) < codeOf(character)) return undefined;
      members.push((one) => codeOf(one) >= codeOf(character) && codeOf(one) <= codeOf(last));
      at += 3;
    }
  }
  const isMember: CharacterClass = (one) => members.some((member) => member(one));
  // What a class does not name is never a line feed.
  return { class: isNegated ? (one) => one !== '\n' && !isMember(one) : isMember, end: at };
}

/** The name in `[:name:]`, where one begins here. */
function namedClassAt(from: readonly string[], at: number): string | undefined {
  if (from[at] !== '[' || from[at + 1] !== ':') return undefined;
  const rest = from.slice(at + 2, at + 2 + longestName + 2).join('');
  return /^([a-z]*):\]/.exec(rest)?.[1];
}

function codeOf(character: string): number {
  return character.codePointAt(0) ?? 0;
}

const longestName = 6;
const namedClasses: ReadonlyMap<string, RegExp> = new Map([
  ['alnum', /^[A-Za-z0-9]$/],
  ['alpha', /^[A-Za-z]$/],
  ['blank', /^[ \t]$/],
  ['cntrl', /^\p{Cc}$/u],
  ['digit', /^[0-9]$/],
  ['graph', /^[!-~]$/],
  ['lower', /^[a-z]$/],
  ['print', /^[ -~]$/],
  ['punct', /^[!-/:-@[-`{-~]$/],
  ['space', /^[ \t-\r]$/],
  ['upper', /^[A-Z]$/],
  ['xdigit', /^[0-9A-Fa-f]$/],
]);

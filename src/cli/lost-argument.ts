/**
 * Node reads the command line as UTF-8 and has U+FFFD for every other byte. What such an argument names cannot be found
 * again, and must not be recorded: it is refused.
 */

import { readFileSync } from 'node:fs';

/** The first argument that is not what was given; undefined where there is none. */
export function lostArgument(
  argv: readonly string[],
  given: readonly Buffer[] | undefined = givenArguments(),
): string | undefined {
  const before = given === undefined ? 0 : given.length - argv.length;
  return argv.find((argument, index) => {
    if (!argument.includes('\uFFFD')) return false;
    return given?.[before + index]?.equals(Buffer.from(argument)) !== true;
  });
}

/** The bytes of the command line, Node's own arguments first; undefined where the system does not tell. */
function givenArguments(): readonly Buffer[] | undefined {
  try {
    const line = readFileSync('/proc/self/cmdline').toString('latin1');
    return line
      .split('\0')
      .slice(0, -1)
      .map((argument) => Buffer.from(argument, 'latin1'));
  } catch {
    return undefined;
  }
}

/**
 * Record locks of the system, by fs-native-extensions. Its binary for this platform is loaded from where it is in the
 * package: the package's own search for it reads seven more packages and tries names in turn, which takes a third of the
 * start of `annexus shell`. Where it is not there, that search says why.
 */

import { createRequire } from 'node:module';

/** False where another open file holds a conflicting lock. Length 0: to the end of the file. */
export function tryLock(
  descriptor: number,
  range: { readonly offset: number; readonly length: number },
  options: { readonly shared: boolean },
): boolean {
  try {
    loadBinding().tryLock(descriptor, range.offset, range.length, !options.shared);
    return true;
  } catch (caught) {
    if (caught instanceof Error && 'code' in caught && caught.code === 'EAGAIN') return false;
    throw caught;
  }
}

/** The parts of the binary that we use. Throws the system's error (EAGAIN, ENOLCK …). */
interface Binding {
  tryLock(descriptor: number, offset: number, length: number, isExclusive: boolean): void;
}

let binding: Binding | undefined;

function loadBinding(): Binding {
  binding ??= requireBinding(createRequire(import.meta.url));
  return binding;
}

function requireBinding(require: NodeJS.Require): Binding {
  const platform = `${process.platform}-${process.arch}`;
  try {
    return require(`fs-native-extensions/prebuilds/${platform}/fs-native-extensions.node`) as Binding;
  } catch {
    return require('fs-native-extensions/binding.js') as Binding;
  }
}

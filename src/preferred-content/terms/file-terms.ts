/** The terms that look at the name of the file: `include`, `exclude`, `inpreferreddir`. */

import type { ByteString } from '../../util/byte-string.ts';
import { parseGlob } from '../glob.ts';
import { makeTerm, type Judgement, type Situation, type Term } from '../term.ts';

/** Whether the path from the top of the repository matches. A key without a file does not. */
export function includeTerm(glob: ByteString, text: ByteString): Term {
  const matches = parseGlob(glob, { isPath: true });
  return makeTerm({ text, needs: ['file'], judge: (situation) => judgePath(situation, matches) });
}

/** The opposite of `include`. */
export function excludeTerm(glob: ByteString, text: ByteString): Term {
  const matches = parseGlob(glob, { isPath: true });
  return makeTerm({
    text,
    needs: ['file'],
    judge: (situation) => {
      const isIncluded = judgePath(situation, matches);
      return isIncluded === undefined ? undefined : !isIncluded;
    },
  });
}

/**
 * Whether the directory that the file is in has the name that the repository prefers. git-annex's documentation speaks of
 * directories anywhere; its releases look at the last one only.
 */
export function inPreferredDirTerm(text: ByteString): Term {
  return makeTerm({
    text,
    needs: ['file'],
    judge: (situation) => {
      const dir = situation.repositories.preferredDirOf(situation.uuid);
      return judgePath(situation, (path) => path.split('/').at(-2) === dir);
    },
  });
}

function judgePath({ subject: { file } }: Situation, judge: (path: ByteString) => boolean): Judgement {
  switch (file.type) {
    case 'path':
      return judge(file.path);
    case 'none':
      return false;
    case 'unknown':
      return undefined;
  }
}

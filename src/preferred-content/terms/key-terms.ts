/** The terms that look at the key: its variety, its size, its URLs, whether any file still uses it. */

import { AnnexError } from '../../types/annex-error.ts';
import { backendOf } from '../../types/backend.ts';
import { keySizeBytes, keyVariety } from '../../types/key.ts';
import { parseSizeText } from '../../types/size-text.ts';
import { byteStringToText, type ByteString } from '../../util/byte-string.ts';
import { parseGlob } from '../glob.ts';
import { makeTerm, type Term } from '../term.ts';

export function inBackendTerm(name: ByteString, text: ByteString): Term {
  return makeTerm({ text, judge: ({ subject }) => keyVariety(subject.key) === name });
}

export function secureHashTerm(text: ByteString): Term {
  return makeTerm({
    text,
    judge: ({ subject }) => backendOf(keyVariety(subject.key)).cryptographicallySecure,
  });
}

/** Not of a key without a size. */
export function largerThanTerm(size: ByteString, text: ByteString): Term {
  const limit = parseSizeOrThrow(size);
  return makeTerm({
    text,
    judge: ({ subject }) => {
      const own = keySizeBytes(subject.key);
      return own !== undefined && BigInt(own) > limit;
    },
  });
}

/** Also of a key without a size. */
export function smallerThanTerm(size: ByteString, text: ByteString): Term {
  const limit = parseSizeOrThrow(size);
  return makeTerm({
    text,
    judge: ({ subject }) => {
      const own = keySizeBytes(subject.key);
      return own === undefined || BigInt(own) < limit;
    },
  });
}

/** Whether one of the URLs that the key is recorded to be at matches. */
export function urlTerm(glob: ByteString, text: ByteString): Term {
  const matches = parseGlob(glob);
  return makeTerm({ text, needs: ['urls'], judge: ({ subject }) => subject.urls.some(matches) });
}

/** Never of a key that is judged for a file, which uses it. */
export function unusedTerm(text: ByteString): Term {
  return makeTerm({
    text,
    needs: ['unused'],
    judge: ({ subject }) => subject.file.type !== 'path' && subject.isUnused,
  });
}

function parseSizeOrThrow(text: ByteString): bigint {
  const size = parseSizeText(byteStringToText(text));
  if (size === undefined) throw new AnnexError('config', 'bad size');
  return size;
}

import { textToByteString, type ByteString } from '../../../../src/util/byte-string.ts';

/** Texts that stand between spaces. */
export function list(texts: string): ByteString[] {
  return texts.split(' ').map(textToByteString);
}

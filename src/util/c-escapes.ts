/** The letters that stand for control characters after a backslash, as in C. */
export const controlByLetter: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

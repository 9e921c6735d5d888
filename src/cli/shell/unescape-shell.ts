/**
 * The words of a shell command line that was made by quoting each word, as git and git-annex do: `'it'"'"'s'`, `'it'\''s'`.
 * Nothing is expanded. A quote that is not closed ends with the text.
 */

export function unescapeShell(line: string): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (let at = 0; at < line.length; at++) {
    const char = line.charAt(at);
    if (quote !== undefined) {
      if (char === quote) quote = undefined;
      else if (char === '\\' && quote === '"' && /["\\$`]/.test(line.charAt(at + 1)))
        word += line.charAt(++at);
      else word += char;
    } else if (char === "'" || char === '"') {
      quote = char;
      word ??= '';
    } else if (char === '\\') word = (word ?? '') + line.charAt(++at);
    else if (char === ' ' || char === '\t' || char === '\n') {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + char;
  }
  if (word !== undefined) words.push(word);
  return words;
}

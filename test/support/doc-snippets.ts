// What documentation pages show as code, for tests that try it.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** The code blocks of one language on a page, in order. @param path from the root of the checkout */
export async function snippets(path: string, language: string): Promise<readonly string[]> {
  const page = await readFile(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');
  const blocks = page.matchAll(/^```(\w+)\n([^]*?)^```$/gm);
  return [...blocks].flatMap(([, which, body = '']) => (which === language ? [body] : []));
}

/** Replaces what has to be on the page exactly once. */
export function adapted(text: string, changes: Readonly<Record<string, string>>): string {
  return Object.entries(changes).reduce((changed, [from, to]) => {
    if (changed.split(from).length !== 2) throw new Error(`not once in the page: ${from}`);
    return changed.replace(from, () => to);
  }, text);
}

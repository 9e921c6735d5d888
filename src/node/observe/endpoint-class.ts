/** Which of a few classes a request falls in, by its path: what metrics may have as a label, since clients choose paths. */

export type EndpointClass =
  | (typeof annexEndpoints)[number]
  | 'key'
  | 'git'
  | 'config'
  | 'files'
  | 'server'
  | 'other';

/** @param path as sent; with its query or without */
export function endpointClass(path: string): EndpointClass {
  const question = path.indexOf('?');
  const segments = (question === -1 ? path : path.slice(0, question)).split('/');
  const last = segments.at(-1) ?? '';
  const annex = segments.lastIndexOf('git-annex');
  if (annex !== -1 && segments.length > annex + 2) {
    if (segments.at(-2) === 'key') return 'key';
    return annexEndpoints.find((name) => name === last) ?? 'other';
  }
  if (segments.length === 2 && serverPaths.has(last)) return 'server';
  if (segments.some((segment) => segment.endsWith('.git'))) return last === 'config' ? 'config' : 'git';
  return segments.includes('files') ? 'files' : 'other';
}

const annexEndpoints = [
  'checkpresent',
  'remove',
  'remove-before',
  'gettimestamp',
  'put',
  'putoffset',
  'lockcontent',
  'keeplocked',
] as const;

const serverPaths: ReadonlySet<string> = new Set(['healthz', 'readyz', 'metrics', 'status']);

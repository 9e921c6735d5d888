// A row of the table of http-answers.test.ts, and the names that the rows share.
import { createHash } from 'node:crypto';

export interface Row {
  readonly name: string;
  readonly method?: 'GET' | 'HEAD' | 'PUT' | 'DELETE' | 'OPTIONS';
  /** After /git-annex/. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The name in doc/differences.md, and the answer that Annexus gives. */
  readonly differs?: readonly [id: string, ours: Partial<Answer>];
}

export interface Answer {
  readonly status: number;
  readonly type: string | undefined;
  readonly dataLength: string | undefined;
  readonly challenge: string | undefined;
  readonly body: unknown;
}

export const server = 'f97413fe-ba4c-44ae-bb98-acdac2d7ef19';
export const client = 'clientuuid=2d3c01d8-af8c-4e2d-ae02-0c06492102df';
export const hello = 'hello http world';
export const fresh = 'content that is stored over HTTP\n';
export const resumed = 'x'.repeat(100) + 'content that comes in two parts\n';
export const helloKey = keyOf(hello, '.txt');
export const emptyKey = keyOf('', '');
export const freshKey = keyOf(fresh, '');
export const resumedKey = keyOf(resumed, '');
export const absentKey = keyOf('nowhere', '');

export function keyOf(content: string, extension: string): string {
  const hash = createHash('sha256').update(content).digest('hex');
  return `SHA256E-s${content.length}--${hash}${extension}`;
}

export function length(bytes: number): Record<string, string> {
  return { 'X-git-annex-data-length': `${bytes}` };
}

export function post(endpoint: string, query: string, more: Partial<Row> = {}): Row {
  const path = `${server}/v4/${endpoint}?${query}`;
  return { name: `${endpoint}?${query}`, path, ...more };
}

export function base64url(text: string): string {
  return Buffer.from(text, 'latin1').toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}

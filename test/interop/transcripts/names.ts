// The words in angle brackets of a transcript, in both directions: what varies from one run to the next is written as
// a name, and filled in before it is sent. Lines are byte strings (one code unit per byte).
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** A content that a conversation names; no other conversation has the same bytes, so all can share repositories. */
export interface NamedContent {
  readonly name: string;
  readonly bytes: Buffer;
  readonly key: string;
}

export interface Names {
  readonly uuids: ReadonlyMap<string, string>;
  readonly dirs: ReadonlyMap<string, string>;
  readonly contents: readonly NamedContent[];
}

/**
 * `content: NAME N bytes [.EXT]`: N bytes of printable text that follow from the seed, with an SHA256E key. Or
 * `content: NAME N bytes as KEY`, which gives the key, with `<SEED>` for digits of this conversation's own.
 */
export function namedContent(seed: string, value: string): NamedContent {
  const match = /^(\w+) (\d+) bytes(?: (\.\w+)| as (\S+))?$/.exec(value);
  if (match === null) throw new Error(`no content: ${value}`);
  const [, name = '', digits = '', extension = '', as] = match;
  const size = Number(digits);
  const bytes = textOf(`${seed}/${name}`, size);
  const hash = createHash('sha256').update(bytes).digest('hex');
  const own = createHash('sha256').update(`${seed}/${name}`).digest('hex').slice(0, 16);
  const key = as?.replace('<SEED>', own) ?? `SHA256E-s${size}--${hash}${extension}`;
  return { name, bytes, key };
}

function textOf(seed: string, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < size; at += 64) {
    bytes.write(createHash('sha256').update(`${seed} ${at}`).digest('hex'), at, 'latin1');
  }
  return bytes;
}

/** Replaces names by what they stand for. Throws for one that is unknown. */
export function fillIn(text: string, names: Names): string {
  return text.replaceAll(/<(\w+)(?: ?([^<>]*))?>/g, (whole, kind: string, rest: string) => {
    const found = meaningOf(kind, rest, names);
    if (found === undefined) throw new Error(`unknown name ${whole}`);
    return found;
  });
}

function meaningOf(kind: string, rest: string, names: Names): string | undefined {
  switch (kind) {
    case 'KEY':
      return contentOf(names, rest)?.key;
    case 'UUID':
      return names.uuids.get(rest);
    case 'DIR':
      return names.dirs.get(rest);
    case 'HOST':
      return hostname();
    case 'NOW':
      return `${bootSeconds() + Number(rest)}`;
    case 'BYTE':
      return String.fromCharCode(Number.parseInt(rest, 16));
    case 'REPEAT':
      return repeated(rest);
    default:
      return undefined;
  }
}

function repeated(rest: string): string | undefined {
  const [, unit = '', times] = /^(.+) (\d+)$/.exec(rest) ?? [];
  return times === undefined ? undefined : unit.repeat(Number(times));
}

/** Bytes of `C+ NAME FROM..TO`. */
export function contentBytes(text: string, names: Names): Buffer {
  const [, name = '', from, to] = /^(\w+) (\d+)\.\.(\d+)$/.exec(text) ?? [];
  const content = contentOf(names, name);
  if (content === undefined) throw new Error(`no part of a content: ${text}`);
  return content.bytes.subarray(Number(from), Number(to));
}

export function contentOf(names: Names, name: string): NamedContent | undefined {
  return names.contents.find((content) => content.name === name);
}

/** Puts names in the place of what varies. The UUIDs after a -PLUS come in any order, and are sorted by name. */
export function withNames(line: string, names: Names): string {
  let text = line;
  for (const { key, name } of names.contents) text = text.replaceAll(key, `<KEY ${name}>`);
  for (const [name, uuid] of names.uuids) text = text.replaceAll(uuid, `<UUID ${name}>`);
  // A directory that is the beginning of another comes after it.
  const dirs = [...names.dirs].sort((a, b) => b[1].length - a[1].length);
  for (const [name, dir] of dirs) text = text.replaceAll(dir, `<DIR ${name}>`);
  text = text.replaceAll(new RegExp(`\\b${hostname()}\\b`, 'g'), '<HOST>');
  text = text.replace(/^TIMESTAMP (\d+)$/, (whole, digits) =>
    isNow(Number(digits)) ? 'TIMESTAMP <NOW>' : whole,
  );
  // The reasons of several nodes.
  text = text.replace(/(?<=^ERROR .*: )node \w+: .*; node .*$/, (nodes) =>
    nodes.split('; ').sort().join('; '),
  );
  text = text.replace(/^CHANGED [0-9a-f]{40}(?: [0-9a-f]{40})*$/, 'CHANGED <SHAS>');
  return text.replace(/^([A-Z]+(?:-HAVE)?-PLUS) (.*)$/, (_, word: string, uuids: string) =>
    [word, ...uuids.split(/(?<=>) /).sort()].join(' '),
  );
}

/** Names the content that these bytes are a part of. */
export function contentName(bytes: Buffer, names: Names): string {
  for (const { name, bytes: whole } of names.contents) {
    // A few bytes are found anywhere; they are taken for the last ones.
    const from = whole.indexOf(bytes, bytes.length > 3 ? 0 : whole.length - bytes.length);
    if (from !== -1) return `${name} ${from}..${from + bytes.length}`;
  }
  return bytes.length > 80 ? `${bytes.length} unknown bytes` : JSON.stringify(bytes.toString('latin1'));
}

/** git-annex's monotonic clock: seconds since the machine started. */
function bootSeconds(): number {
  return Math.floor(Number(readFileSync('/proc/uptime', 'latin1').split(' ')[0]));
}

function isNow(seconds: number): boolean {
  return Math.abs(seconds - bootSeconds()) <= 30;
}

/** The pages of `/NAME/files/`: branches, and directories of one. Links are relative, so that any prefix may stand before. */

import { byteStringToText, type ByteString } from '../../util/byte-string.ts';
import { formatParameter, percentEncodePath } from '../../p2p/http/values.ts';
import type { BranchNames } from './branch-finder.ts';
import { sizeOf, type Listing, type ListedEntry } from './listing.ts';

export function listingPage(repository: string, { branch, path, entries, next }: Listing): string {
  const title = [repository, byteStringToText([branch, ...path].join('/'))].join(': ');
  // Above a branch are the branches, however many slashes its name has.
  const up = path.length > 0 ? '../' : '../'.repeat(branch.split('/').length);
  const more = next === undefined ? [] : [`<p><a href="?after=${formatParameter(next)}">more</a></p>`];
  return page(title, [`<p><a href="${up}">up</a></p>`, '<table>', ...entries.map(row), '</table>', ...more]);
}

export function branchesPage(repository: string, { branches, tags }: BranchNames): string {
  const list = (names: readonly ByteString[]): string[] =>
    names.map((name) => `<li><a href="./${percentEncodePath(name)}/">${escapeText(name)}</a></li>`);
  return page(repository, [
    ...(branches.length === 0 ? [] : ['<h2>branches</h2>', '<ul>', ...list(branches), '</ul>']),
    ...(tags.length === 0 ? [] : ['<h2>tags</h2>', '<ul>', ...list(tags), '</ul>']),
  ]);
}

function row({ name, described }: ListedEntry): string {
  const isDirectory = described.type === 'directory';
  const shown = escapeText(name) + (isDirectory ? '/' : '');
  const isLinked = described.type !== 'submodule';
  const link = isLinked
    ? `<a href="./${percentEncodePath(name)}${isDirectory ? '/' : ''}">${shown}</a>`
    : shown;
  return `<tr><td>${link}</td><td>${sizeOf(described) ?? ''}</td><td>${described.type}</td></tr>`;
}

function page(title: string, body: readonly string[]): string {
  const heading = escapeHTML(title);
  return [
    '<!DOCTYPE html>',
    '<html lang="en">',
    `<head><meta charset="utf-8"><title>${heading}</title>`,
    '<style>body{font-family:sans-serif}td{padding-right:2em}td:nth-child(2){text-align:right}</style></head>',
    `<body><h1>${heading}</h1>`,
    ...body,
    '</body></html>',
    '',
  ].join('\n');
}

function escapeText(name: ByteString): string {
  return escapeHTML(byteStringToText(name));
}

function escapeHTML(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

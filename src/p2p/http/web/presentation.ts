/**
 * How content is shown to browsers: its type by its name, whether it is opened or saved, and under which name.
 *
 * Content comes from whoever may upload, and must never act for a page of this server. So types are never guessed
 * (nosniff), a page that is opened is a sandbox without scripts and of no origin, scripts have the type of plain text, and
 * what browsers need not open is saved.
 */

import contentDisposition from 'content-disposition';
import mime from 'mime';
import { byteStringToText, isASCII, type ByteString } from '../../../util/byte-string.ts';

export interface Named {
  /** A file name, or a path that ends in one. Its extension tells the type. */
  readonly name: ByteString | undefined;
  /** Whether it is the name to save it under as well; that of a key is not. */
  readonly isFileName: boolean;
}

export interface Presentation {
  /** Header names and values by turns. */
  readonly headers: readonly string[];
  /** A browser could run it as a page: without these very headers it must not be sent. */
  readonly isActive: boolean;
}

export function presentation({ name, isFileName }: Named): Presentation {
  const text = name === undefined ? undefined : byteStringToText(name.slice(name.lastIndexOf('/') + 1));
  const type = typeOf(text);
  const disposition = opened.test(type) ? 'inline' : 'attachment';
  const filename = isFileName ? text?.replaceAll(controls, '_') : undefined;
  const headers = [
    'Content-Type',
    withCharset.test(type) ? `${type};charset=utf-8` : type,
    'X-Content-Type-Options',
    'nosniff',
    'Content-Disposition',
    contentDisposition(filename, { type: disposition, ...withoutAccents(filename) }),
    // Browsers show no PDF in a sandbox; its scripts are not those of a page.
    ...(type === 'application/pdf' ? [] : ['Content-Security-Policy', 'sandbox']),
  ];
  return { headers, isActive: /html|xml/.test(type) };
}

/** A name in Latin-1 would be sent as such, and no two clients agree on what that is: RFC 8187 has the real one. */
function withoutAccents(filename: string | undefined): { readonly fallback?: string } {
  return filename === undefined || isASCII(filename) ? {} : { fallback: filename.replace(/[^ -~]+/g, '_') };
}

function typeOf(fileName: string | undefined): string {
  // A name that is an extension alone would count as one.
  const type = fileName === undefined ? undefined : (mime.getType(`./${fileName}`) ?? undefined);
  if (type === undefined) return 'application/octet-stream';
  return scripts.test(type) ? 'text/plain' : type;
}

const scripts = /^(?:text|application)\/(?:x-)?(?:java|ecma|j|live)script$|^application\/(?:node|wasm)$/;
const opened = /^(?:text|image|audio|video)\/|^application\/(?:pdf|json|ld\+json|xml|xhtml\+xml)$/;
const withCharset = /^text\/(?!html|xml)/;
// eslint-disable-next-line no-control-regex
const controls = /[\u0000-\u001f\u007f-\u009f]/g;

/**
 * Content that the web server in front sends by itself: the reply has no body, and a header that names the file. nginx takes
 * a path of its own (`prefix`, an `internal` location, for `root`), Apache and lighttpd the path on disk.
 */

import type { ByteString } from '../../../util/byte-string.ts';
import { percentEncodePath } from '../values.ts';

export type Sendfile = AccelRedirect | XSendfile;

export interface AccelRedirect {
  readonly header: 'X-Accel-Redirect';
  /** The directory on disk that `prefix` stands for: absolute, without symbolic links on the way. */
  readonly root: ByteString;
  /** The location in nginx, with a slash at each end. */
  readonly prefix: string;
}

export interface XSendfile {
  readonly header: 'X-Sendfile';
  /** Only files below it are left to the web server: absolute, without symbolic links on the way. */
  readonly root: ByteString;
}

/** The header and its value; undefined where the web server is not to send this file, or could not be told. */
export function sendfileHeader(
  sendfile: Sendfile | undefined,
  file: ByteString | undefined,
): readonly [name: string, value: string] | undefined {
  if (sendfile === undefined || file === undefined) return undefined;
  const root = sendfile.root.endsWith('/') ? sendfile.root : `${sendfile.root}/`;
  if (!file.startsWith(root)) return undefined;
  if (sendfile.header === 'X-Sendfile') {
    // lighttpd decodes the path and Apache does not: what they would read otherwise is not left to them.
    return /[^ -~]|%/.test(file) ? undefined : [sendfile.header, file];
  }
  return [sendfile.header, sendfile.prefix + percentEncodePath(file.slice(root.length))];
}

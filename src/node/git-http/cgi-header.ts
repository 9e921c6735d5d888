/** The header of a CGI program's answer (RFC 3875 §6): lines up to an empty one, with `Status:` in place of a status line. */

export interface CGIHeader {
  readonly status: number;
  readonly headers: Record<string, string>;
  /** Where the body begins. */
  readonly lengthBytes: number;
}

/** Undefined while the header is not complete. Lines that are no header are passed over. */
export function parseCGIHeader(bytes: Buffer): CGIHeader | undefined {
  const end = headerEnd(bytes);
  if (end === undefined) return undefined;
  const headers: Record<string, string> = {};
  let status = 200;
  for (const line of bytes.toString('latin1', 0, end).split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1).trim();
    if (name.toLowerCase() === 'status') status = statusCode(value);
    else headers[name] = value;
  }
  return { status, headers, lengthBytes: end };
}

function headerEnd(bytes: Buffer): number | undefined {
  const crlf = bytes.indexOf('\r\n\r\n');
  const lf = bytes.indexOf('\n\n');
  if (crlf !== -1 && (lf === -1 || crlf < lf)) return crlf + 4;
  return lf === -1 ? undefined : lf + 2;
}

function statusCode(value: string): number {
  const code = Number.parseInt(value, 10);
  return code >= 200 && code < 600 ? code : 500;
}

import { describe, expect, test } from 'vitest';
import { parseCGIHeader } from './cgi-header.ts';

describe('parseCGIHeader', () => {
  const answer = Buffer.from('Status: 404 Not Found\r\nContent-Type: text/plain\r\n\r\nbody');

  test('is undefined until the empty line has come, byte by byte', () => {
    const bodyAt = answer.indexOf('body');
    for (let length = 0; length < bodyAt; length++)
      expect(parseCGIHeader(answer.subarray(0, length))).toBeUndefined();
    expect(parseCGIHeader(answer)).toEqual({
      status: 404,
      headers: { 'Content-Type': 'text/plain' },
      lengthBytes: bodyAt,
    });
  });

  test('takes bare line feeds, no status, and a status out of range', () => {
    expect(parseCGIHeader(Buffer.from('A: b: c\n\nx'))).toEqual({
      status: 200,
      headers: { A: 'b: c' },
      lengthBytes: 9,
    });
    expect(parseCGIHeader(Buffer.from('Status: 99\n\n'))?.status).toBe(500);
  });
});

import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { readForwarded } from './forwarded.ts';

const isTrusted = (address: string | undefined): boolean =>
  address === undefined || address.startsWith('10.') || address === '::1';

function forwarded(remoteAddress: string | undefined, headers: Record<string, string>): unknown {
  return readForwarded({ socket: { remoteAddress }, headers } as unknown as IncomingMessage, isTrusted);
}

test.each([
  ['192.0.2.1', '1.2.3.4', undefined],
  ['10.0.0.1', '1.2.3.4', '1.2.3.4'],
  ['::ffff:10.0.0.1', '1.2.3.4', '1.2.3.4'],
  [undefined, '1.2.3.4', '1.2.3.4'],
  ['10.0.0.1', '9.9.9.9, 1.2.3.4, 10.0.0.2', '1.2.3.4'],
  ['10.0.0.1', '9.9.9.9, 1.2.3.4', '1.2.3.4'],
  ['10.0.0.1', '9.9.9.9, <script>, 10.0.0.2', '10.0.0.2'],
  ['10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
  ['10.0.0.1', '[2001:db8::1]', '2001:db8::1'],
  ['10.0.0.1', 'unknown', undefined],
  ['10.0.0.1', ' , ,', undefined],
])('peer %s that forwards for %s', (peer, header, address) => {
  const found = forwarded(peer, { 'x-forwarded-for': header }) as { address?: string } | undefined;
  expect(found?.address).toBe(address);
});

test('the scheme and the id', () => {
  const said = { 'x-forwarded-proto': 'http, HTTPS', 'x-request-id': 'abc-1' };
  expect(forwarded('10.0.0.1', said)).toEqual({ address: undefined, secure: true, requestID: 'abc-1' });
  expect(forwarded('10.0.0.1', { 'x-request-id': 'a b' })).toEqual({
    address: undefined,
    secure: undefined,
    requestID: undefined,
  });
});

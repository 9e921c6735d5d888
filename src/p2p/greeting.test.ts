// The greeting of connections that prove themselves by a token.
import { expect, test } from 'vitest';
import { nodeUUID } from '../../test/support/gateway-bench.ts';
import { key, LineClient, memoryNode } from '../../test/support/line-client.ts';

const greeting = { type: 'token', isValid: (token: string) => token === 'secret' } as const;

test('the first right token lets in, and nothing is answered before', async () => {
  const client = new LineClient(memoryNode(), { greeting });
  expect(await client.talk(`CHECKPRESENT ${key}`)).toBe('ERROR unexpected command');
  expect(await client.talk('FOO')).toBe('ERROR unexpected command');
  expect(await client.talk(`AUTH ${nodeUUID(5)} wrong`)).toBe('AUTH-FAILURE');
  expect(await client.talk(`AUTH ${nodeUUID(5)} secret`)).toBe(`AUTH-SUCCESS ${nodeUUID(0)}`);
  expect(await client.talk(`CHECKPRESENT ${key}`)).toBe('FAILURE');
});

test('guessing ends', async () => {
  const client = new LineClient(memoryNode(), { greeting });
  for (let count = 0; count < 10; count++) expect(await client.talk('AUTH x wrong')).toBe('AUTH-FAILURE');
  expect(await client.ended).toMatchObject({ type: 'ended' });
});

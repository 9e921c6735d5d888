// Addresses of peers, and where their tokens are; names of files as `git annex p2p --link` was seen to write and read them.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { credsFile, p2pAddressText, parseP2PAddress, readAuthToken } from './p2p-address.ts';

test.each([
  ['tor-annex::abcd.onion:1234', { type: 'tor', onion: 'abcd.onion', port: 1234 }, 'abcd%2Eonion'],
  [
    'p2p-annex::unixtest:addr+1:x/y',
    { type: 'network', network: 'unixtest', address: 'addr+1:x/y' },
    'unixtest%3Aaddr%2B1%3Ax%2Fy',
  ],
])('%s', (url, address, file) => {
  const parsed = parseP2PAddress(url);
  expect(parsed).toEqual(address);
  expect(credsFile(parsed!)).toBe(file);
  expect(p2pAddressText(parsed!)).toBe(url);
});

test.each([
  'tor-annex::abcd.onion',
  'tor-annex::abcd.onion:0',
  'tor-annex::abcd.onion:70000',
  'tor-annex::ab/cd:1',
  'p2p-annex::../sh:x',
  'p2p-annex::net:-option',
  'p2p-annex::net:',
  'p2p-annex::net',
  'p2p-annex::net:a\0b',
  'p2p-annex::net:\xff',
  'ssh://host/p',
  '',
])('no address: %s', (url) => {
  expect(parseP2PAddress(url)).toBeUndefined();
});

test('tokens come from the environment, then from the first line of the file', async () => {
  const gitDir = await mkdtemp(join(tmpdir(), 'annexus-creds-'));
  try {
    const address = parseP2PAddress('tor-annex::abcd.onion:1')!;
    const environment = {};
    expect(await readAuthToken(address, { gitDir, environment })).toBe('');
    await mkdir(join(gitDir, 'annex', 'creds'), { recursive: true });
    await writeFile(join(gitDir, 'annex', 'creds', 'abcd%2Eonion'), 'secret\nother\n');
    expect(await readAuthToken(address, { gitDir, environment })).toBe('secret');
    const given = { GIT_ANNEX_P2P_AUTHTOKEN: 'given' };
    expect(await readAuthToken(address, { gitDir, environment: given })).toBe('given');
    const bad = { GIT_ANNEX_P2P_AUTHTOKEN: 'two words' };
    const failure = await readAuthToken(address, { gitDir, environment: bad }).catch((error: Error) => error);
    expect(failure).toMatchObject({ code: 'config' });
    expect(String(failure)).not.toContain('two words');
  } finally {
    await rm(gitDir, { recursive: true });
  }
});

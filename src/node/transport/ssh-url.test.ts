// Git's URL forms over ssh, as real git-annex reads them (checked by hand with a program in ssh's place).
import { expect, test } from 'vitest';
import { textToByteString } from '../../util/byte-string.ts';
import { parseSshUrl } from './ssh-url.ts';

test.each([
  ['ssh://host/p/q', 'host', undefined, '/p/q'],
  ['ssh://u@host:2222/~/p', 'u@host', 2222, '/~/p'],
  ['ssh://host/~bob/p', 'host', undefined, '/~bob/p'],
  ['git+ssh://host/p', 'host', undefined, '/p'],
  ['ssh+git://host/p', 'host', undefined, '/p'],
  ['ssh://host:/p', 'host', undefined, '/p'],
  ['ssh://host/a%20b%c3%a9', 'host', undefined, '/a bé'],
  ['ssh://u%40v@host/p', 'u@v@host', undefined, '/p'],
  ['ssh://[::1]:22/p', '::1', 22, '/p'],
  ['ssh://u@[::1]/p', 'u@::1', undefined, '/p'],
  ['host:foo/bar', 'host', undefined, '/~/foo/bar'],
  ['host:/abs', 'host', undefined, '/abs'],
  ['u@host:~/x y', 'u@host', undefined, '/~/x y'],
  ['host:~bob/x', 'host', undefined, '/~bob/x'],
  // As git has it; git-annex would decode this one too.
  ['host:a%20b', 'host', undefined, '/~/a%20b'],
  ["host:it's/é", 'host', undefined, "/~/it's/é"],
  ['host:a:b', 'host', undefined, '/~/a:b'],
  ['[::1]:p', '::1', undefined, '/~/p'],
  ['u@[::1]:/p', 'u@::1', undefined, '/p'],
  ['[u@host:22]:p', 'u@host', 22, '/~/p'],
])('%s', (url, destination, port, path) => {
  expect(parseSshUrl(textToByteString(url))).toEqual({ destination, port, path });
});

test.each([
  '/path',
  './host:path',
  'path/to:x',
  'relative',
  'http://host/p',
  'file:///p',
  'p2p-annex::net:address',
  'tor-annex::abcd.onion:1',
  'ssh://host',
  'ssh:///p',
  'ssh://-oProxyCommand=x/p',
  'ssh://-u@host/p',
  '-oProxyCommand=x:p',
  '-u@host:p',
  'ssh://%2doProxy/p',
  'ssh://host:99999/p',
  'ssh://host/%zz',
  'ssh://host/%00',
  'ssh://ho st/p',
  'ssh://ho%0ast/p',
  'ssh://host;rm/p',
  'ssh://host/\xff',
  ':path',
  '',
])('no URL over ssh: %s', (url) => {
  expect(parseSshUrl(url)).toBeUndefined();
});

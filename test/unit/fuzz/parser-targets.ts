// Parsers of what others wrote: on the wire, in headers and paths, in files of users, and in logs that any clone may push.
import { parseHtpasswd } from '../../../src/node/access/htpasswd-users.ts';
import { parseTokens } from '../../../src/node/access/token.ts';
import { readFilePath } from '../../../src/node/files/file-path.ts';
import { parseTree } from '../../../src/node/files/tree-reader.ts';
import { parseCGIHeader } from '../../../src/node/git-http/cgi-header.ts';
import { PushReport } from '../../../src/node/git-http/push-report.ts';
import { parseServeConfig } from '../../../src/node/serve/read-config.ts';
import { parseSchedule } from '../../../src/logs/scheduled-activity.ts';
import { parseAssociatedFile } from '../../../src/p2p/associated-file.ts';
import { parseAnnexUrl } from '../../../src/p2p/http/client/annex-url.ts';
import { Query } from '../../../src/p2p/http/query.ts';
import { readRepositoryPath } from '../../../src/p2p/http/repository-path.ts';
import { formatWrapped, parseInteger, parseWrapped, percentDecode } from '../../../src/p2p/http/values.ts';
import { readRange } from '../../../src/p2p/http/web/byte-range.ts';
import { continuesTag, namesTag } from '../../../src/p2p/http/web/entity-tag.ts';
import { presentation } from '../../../src/p2p/http/web/presentation.ts';
import { formatMessage, parseMessage } from '../../../src/p2p/message.ts';
import { parseGlob } from '../../../src/preferred-content/glob.ts';
import { parseExpression } from '../../../src/preferred-content/parse-expression.ts';
import { keyFile, parseKeyFile } from '../../../src/types/key-file.ts';
import { formatKey, keyFields, parseKey } from '../../../src/types/key.ts';
import { parseTraceparent } from '../../../src/types/trace-context.ts';
import { byteStringToBytes } from '../../../src/util/byte-string.ts';
import { expecting, insist, type FuzzTarget } from './fuzz-target.ts';

const uuid = 'f97413fe-ba4c-44ae-bb98-acdac2d7ef19';
const hash = 'a'.repeat(64);

export const parserTargets: readonly FuzzTarget[] = [
  {
    name: 'parseMessage',
    seeds: [
      'PUT a SHA256-s1--x',
      'GET 0  K--x',
      `BYPASS ${uuid} ${uuid}`,
      `ALREADY-HAVE-PLUS ${uuid}`,
      `REMOVE-BEFORE 10 WORM--a`,
      `AUTH ${uuid} x`,
      'DATA 10',
      'VALID',
      `LOCKCONTENT WORM-s1-m2--a`,
    ],
    run(input) {
      const message = parseMessage(input);
      if (message === undefined) return;
      const again = formatMessage(message);
      insist(!again.includes('\n') || input.includes('\n'), 'it got a line end');
      insist(
        formatMessage(parseMessage(again) ?? { type: 'ERROR', message: '?' }) === again,
        `${again} is read as another`,
      );
    },
  },
  {
    name: 'parseKey, parseKeyFile',
    seeds: [`SHA256E-s10-m5-S7-C2--${hash}.tar.gz`, 'WORM--a&b%c/d', '&a&c&s%', 'URL--http&c%%x%'],
    run(input) {
      const key = parseKey(input);
      if (key !== undefined) {
        insist(
          parseKey(formatKey(keyFields(key))) === formatKey(keyFields(key)),
          'its fields are those of another key',
        );
        const name = keyFile(key);
        insist(!/[/\0]/.test(name) && name !== '..' && name !== '.', `its file is ${name}`);
        insist(parseKeyFile(name) === key, 'its file is that of another key');
      }
      const fromFile = parseKeyFile(input);
      if (fromFile !== undefined) insist(parseKey(fromFile) === fromFile, `${fromFile} is no key`);
    },
  },
  {
    name: 'values of URLs and headers',
    seeds: ['%2Fa%zz+', '[Zm9v]', '0x10', '(((1)))', `key=a&bypass=${uuid};bypass[]=b&&=`, 'a=%00%ff'],
    run(input) {
      const decoded = percentDecode(input, { plusIsSpace: true });
      insist(decoded.length <= input.length, 'it grew');
      const bytes = parseWrapped(input);
      if (bytes !== undefined)
        insist(
          parseWrapped(formatWrapped(bytes)) === bytes || /[\x80-\xff]/.test(bytes),
          'wrapped again, it is another',
        );
      const integer = parseInteger(input);
      insist(integer === undefined || Number.isSafeInteger(integer), `${integer} is no integer`);
      const query = new Query(input);
      query.first('key');
      query.all('bypass');
    },
  },
  {
    name: 'paths',
    seeds: [
      '/lab/mice.git/info/refs',
      '/lab/mice/files/main/a%20b/',
      `/a/git-annex/${uuid}/v4/put`,
      '/%2e%2e/.git',
      '/objects/info/packs',
    ],
    run(input) {
      const place = readRepositoryPath(input);
      if (place !== undefined)
        insist(!place.name.split('/').some((part) => part === ''), `the name is ${place.name}`);
      const file = readFilePath(input, 'lab/mice');
      if (typeof file === 'object')
        insist(
          file.parts.every((part) => !['', '.', '..'].includes(part) && !/[/\0]/.test(part)),
          'it climbs',
        );
    },
  },
  {
    name: 'ranges, tags, names of files',
    seeds: ['bytes=0-1,5-', 'bytes=-5', 'W/"a", "b"', '*', 'a"b\r\nc.tar.gz', '\xe4.html'],
    run(input) {
      const range = readRange(input, 1000);
      if (typeof range === 'object') insist(JSON.stringify(range).length < 200, 'a long range');
      namesTag(input, { text: 'b', isStrong: true });
      continuesTag(input, { text: 'b', isStrong: true });
      const shown = Object.values(presentation({ name: input, isFileName: input.length % 2 === 0 }));
      insist(
        shown.every((value) => typeof value !== 'string' || !/[\r\n\0]/.test(value)),
        `it shows ${JSON.stringify(shown)}`,
      );
      parseTraceparent(input);
      parseAssociatedFile(input);
    },
  },
  {
    name: 'what a push says',
    seeds: [
      `0087${'0'.repeat(40)} ${'1'.repeat(40)} refs/heads/main\0 report-status side-band-64k agent=git0000`,
      '0030\x01000eunpack ok\n0017ok refs/heads/main\n0000',
      'Status: 200 OK\r\nContent-Type: a\r\n\r\nx',
      '100644 a\0aaaaaaaaaaaaaaaaaaaa40000 b\0bbbbbbbbbbbbbbbbbbbb',
    ],
    run(input) {
      const report = new PushReport();
      const bytes = byteStringToBytes(input);
      for (let at = 0; at < bytes.length; at += 50) report.request(bytes.subarray(at, at + 50));
      for (let at = 0; at < bytes.length; at += 33) report.reply(bytes.subarray(at, at + 33));
      insist((report.refs?.length ?? 0) <= input.length, 'more refs than bytes');
      parseCGIHeader(Buffer.from(input, 'latin1'));
      expecting(['remote'], () => parseTree(bytes, 20));
    },
  },
  {
    name: 'files of users and of configuration',
    seeds: [
      'ann:$2y$05$WCNrWc8O8kac1sGW3dbpxOnU4ui.JrDOT1NeBQtMwKLQtrmwhUO5u\n# a\nbob:$argon2id$v=19$m=7168,t=2,p=1$YW5uZXh1cy1zYWx0LTE2Yg$U18DC17lhffmbZHXH0OxD+4LJSoZdZGE16vCrgLTEds\n',
      `{"id":"7f3a9c01d2e4","user":"ann","scope":"append","repositories":["lab/*"],"created":"2026-11-25T20:20:17.000Z","expires":"2026-12-25T20:20:17.000Z","sha256":"${hash}"}\n`,
      'listen: 127.0.0.1:0\nrepositories: { a: b }\naccess: [{ role: read, users: [anonymous], paths: ["a*"] }]\nlimits: { perUser: { requestsPerMinute: 3 } }\n',
      'a: &x [1]\nb: *x\n? [c]\n: !!binary d\n',
    ],
    run(input) {
      expecting(['config'], () => parseHtpasswd(input, 'f'));
      expecting(['config'], () => parseTokens(input, 'f'));
      expecting(['config'], () => parseServeConfig(input, 'f'));
    },
  },
  {
    name: 'expressions, schedules and globs',
    seeds: [
      'fsck self 30m every day at any time',
      'include=*.mp3 and (copies=2 or not inallgroup=archive)',
      'metadata=a=b*[c-d]',
      'fullybalanced=x:2',
      '[[:alpha:]!a]?\\*',
      'lackingcopies=1 largerthan=1gb',
    ],
    run(input) {
      expecting(['config'], () => parseExpression(input));
      expecting(['config'], () => parseSchedule(input));
      const glob = expecting(['config'], () => parseGlob(input));
      glob?.(input.slice(0, 300));
    },
  },
  {
    name: 'annex+http URLs',
    seeds: ['annex+http://[::1]:80/git-annex/', 'annex+https://a@b:c/x'],
    run: (input) => void parseAnnexUrl(input),
  },
];

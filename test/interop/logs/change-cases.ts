// Changes of logs: a file, the command by which git-annex changes it, and the same change made here. Files begin with
// what is hard to read: wrong lines, equal clocks, clocks of the future, other spellings.
import { changeActivityLog } from '../../../src/logs/activity-log.ts';
import { keyLogPath, locationLogPath } from '../../../src/logs/branch-path.ts';
import { changeConfigLog } from '../../../src/logs/config-log.ts';
import { changeCopiesLog } from '../../../src/logs/copies-log.ts';
import { changeGroupLog } from '../../../src/logs/group-log.ts';
import { changeGroupPreferredContentLog } from '../../../src/logs/group-preferred-content-log.ts';
import { changeLocationLog, markDeadLocationLog } from '../../../src/logs/location-log.ts';
import { changeMaxSizeLog } from '../../../src/logs/max-size-log.ts';
import { changeMetaDataLog } from '../../../src/logs/metadata-log.ts';
import { changePreferredContentLog } from '../../../src/logs/preferred-content-log.ts';
import { changeRemoteLog, parseRemoteLog } from '../../../src/logs/remote-log.ts';
import { changeScheduleLog } from '../../../src/logs/schedule-log.ts';
import { changeTransitionsLog } from '../../../src/logs/transitions-log.ts';
import { changeTrustLog } from '../../../src/logs/trust-log.ts';
import { changeUUIDLog } from '../../../src/logs/uuid-log.ts';
import { changeWebLog } from '../../../src/logs/web-log.ts';
import { parseKey, type Key } from '../../../src/types/key.ts';
import type { UUID } from '../../../src/types/uuid.ts';
import { textToByteString, type ByteString } from '../../../src/util/byte-string.ts';
import { nowSeconds, uuid } from './branch-repository.ts';

const u1 = uuid('11111111-1111-4111-8111-111111111111');
const u2 = uuid('22222222-2222-4222-8222-222222222222');
const u3 = uuid('33333333-3333-4333-8333-333333333333');
export const key = parseKey(
  'SHA256E-s3--98ea6e4f216f2fb4b69fff9b3a44842c38686ca685f3f55dc48c5d3fb1107be4',
) as Key;

export interface Case {
  readonly path: ByteString;
  /** `ME` stands for the repository's UUID. */
  readonly before: string;
  readonly command: readonly string[];
  readonly change: (content: ByteString, me: UUID) => ByteString | undefined;
}

const location = locationLogPath(key);
const web = keyLogPath(key, { log: 'web' });
const metadata = keyLogPath(key, { log: 'metadata' });

export const changeCases: readonly Case[] = [
  {
    path: location,
    before: `100s 1 ${u3}\n200.50s 1 ${u1}\n150s 0 ${u2}\n300s 1 ${u2}\n300s 0 ${u2}\n-5s 1 ${u3}\n5s 1  odd\n5s 1\n`,
    command: ['setpresentkey', key, u3, '0'],
    change: (content) => changeLocationLog(content, { missing: [u3], nowSeconds }),
  },
  {
    path: location,
    before: `99999999999.25s 0 ${u3}\n1.123456789012945 1 u4\n+7s X u5\n-1.5s 1 u6\n.5s 1 u7\n1e3s 1 u8\n`,
    command: ['setpresentkey', key, u3, '1'],
    change: (content) => changeLocationLog(content, { present: [u3], nowSeconds }),
  },
  {
    path: location,
    before: `7s 1 ${u1}\n7s 0 ${u1}\n`,
    command: ['setpresentkey', key, u1, '1'],
    change: (content) => changeLocationLog(content, { present: [u1], nowSeconds }),
  },
  {
    path: location,
    before: `7s 0 ${u1}\n5s X ${u2}\n7s 0 ac345678-1234-8abc-8111-111111111111\n`,
    command: ['dead', '--key', key],
    change: markDeadLocationLog,
  },
  {
    path: 'uuid.log',
    before: `ME me timestamp=10s\n${u1} no time stamp\n${u2} a  b\t c timestamp=20\n${u3}\nu6 timestamp=5s timestamp=6s\n`,
    command: ['describe', 'here', 'a\nnew ü x timestamp=5s'],
    change: (content, me) =>
      changeUUIDLog(content, {
        uuid: me,
        description: textToByteString('a\nnew ü x timestamp=5s'),
        nowSeconds,
      }),
  },
  {
    path: 'trust.log',
    before: `ME 1 timestamp=99999999999s\n${u1}  timestamp=4s\n${u2} bogus timestamp=4s\nu3 X\nu4 1 0 timestamp=1s\n`,
    command: ['untrust', 'here'],
    change: (content, me) => changeTrustLog(content, { uuid: me, trust: 'untrusted', nowSeconds }),
  },
  {
    path: 'group.log',
    before: `ME b  a timestamp=10s\n${u1} z y z timestamp=4s\nu2 timestamp=1s\nu3\n`,
    command: ['group', 'here', 'c'],
    change: (content, me) => changeGroupLog(content, { uuid: me, groups: ['c', 'b', 'a'], nowSeconds }),
  },
  {
    path: 'numcopies.log',
    before: '5s 2\n2000s 3\n2000.5s 10\n7s 9\n',
    command: ['numcopies', '4'],
    change: (content) => changeCopiesLog(content, { copies: 4, nowSeconds }),
  },
  {
    path: 'mincopies.log',
    before: '',
    command: ['mincopies', '2'],
    change: (content) => changeCopiesLog(content, { copies: 2, nowSeconds }),
  },
  {
    path: 'maxsize.log',
    before: `5s u1 30\n5s u1 20\n6s u2 bogus\n7s u3 -5\n8s u4 5 6\n99 v - 5\n99 w (5)\n99 x 0x10\n99 y +5\n2000s ME 9\n`,
    command: ['maxsize', 'here', '100kB'],
    change: (content, me) => changeMaxSizeLog(content, { uuid: me, maxSizeBytes: 100_000n, nowSeconds }),
  },
  {
    path: 'preferred-content.log',
    before: `u1 bogus=( timestamp=1s\nu2 timestamp=1s\nu3   include=a   or  x timestamp=1s\nu5 x timestamp=9s\nu5 y timestamp=9s\n`,
    command: ['wanted', 'here', 'include=*.foo and copies=a:1'],
    change: (content, me) =>
      changePreferredContentLog(content, {
        uuid: me,
        expression: 'include=*.foo and copies=a:1',
        nowSeconds,
      }),
  },
  {
    path: 'required-content.log',
    before: 'ME include=a timestamp=9s\n',
    command: ['required', 'here', ''],
    change: (content, me) => changePreferredContentLog(content, { uuid: me, expression: '', nowSeconds }),
  },
  {
    path: 'group-preferred-content.log',
    before:
      '5s foo \n6s bar\n99999999999s baz include=x\n99999999999s baz include=y\n5s  q r\n5s z include=a \n',
    command: ['groupwanted', 'baz', 'include=z'],
    change: (content) =>
      changeGroupPreferredContentLog(content, { group: 'baz', expression: 'include=z', nowSeconds }),
  },
  {
    path: 'config.log',
    before: '5s annex.largefiles   sp  \n6s bar\n1x f x\n0 a x\n',
    command: ['config', '--set', 'annex.dotfiles', 'true'],
    change: (content) => changeConfigLog(content, { name: 'annex.dotfiles', value: 'true', nowSeconds }),
  },
  {
    path: 'schedule.log',
    before: 'u1 bogus timestamp=1s\nu3 timestamp=1s\n',
    command: ['schedule', 'here', 'fsck self 30m every day at any time; fsck self 1h every week at any time'],
    change: (content, me) => {
      const activities = ['fsck self 30m every day at any time', 'fsck self 1h every week at any time'];
      return changeScheduleLog(content, { uuid: me, activities, nowSeconds });
    },
  },
  {
    path: 'activity.log',
    before: 'u2 Fsck Bar timestamp=1s\nu3 Bogus timestamp=1s\nu4 timestamp=1s\nu6 Fsck\n',
    command: ['fsck', '-q'],
    change: (content, me) => changeActivityLog(content, { uuid: me, activity: 'Fsck', nowSeconds }),
  },
  {
    path: metadata,
    before: '6s a +1\n5s Foo +1 foo +2 b +!Zm9vIGJhcg== +!bad!!\n5s a\n9s d  +1  +2\n2000s a -1\n',
    command: ['metadata', '--key', key, '-s', 'q=r s', '-s', 'W+=!'],
    change: (content) => {
      const set = new Map([
        ['q', ['r s']],
        ['W', ['!']],
      ]);
      return changeMetaDataLog(content, { set, nowSeconds });
    },
  },
  {
    path: metadata,
    before: '5s a +1\n6s b +1 c +1\n',
    command: ['metadata', '--key', key, '-s', 'B=2'],
    change: (content) => {
      const change = { set: new Map([['B', ['2']]]), unset: new Map([['B', ['1']]]), nowSeconds };
      return changeMetaDataLog(content, change);
    },
  },
  {
    path: web,
    before: '5s 1 http://a b\n7s 1 yt:http://q\n8s 1 :http://r\n8s 0 http://s\n8s 1 quvi:http://u\n',
    command: ['registerurl', key, 'http://s'],
    change: (content) =>
      changeWebLog(content, { present: [{ url: 'http://s', downloader: 'web' }], nowSeconds }),
  },
  {
    path: web,
    before: '5s 1 http://a b\n2000s 1 http://s\n',
    command: ['unregisterurl', key, 'http://s'],
    change: (content) =>
      changeWebLog(content, { missing: [{ url: 'http://s', downloader: 'web' }], nowSeconds }),
  },
  {
    path: 'remote.log',
    before:
      `${u1} type=directory name=foo encryption=none timestamp=5s\n` +
      `${u2} type=rsync name=a&32;b&38;c&x;&;&65;&9;d&038; noeq z= =q a=b=c a=d  dbl timestamp=6s\n` +
      `${u3}\nu7 a=&-5;&6 5;&12 z=& timestamp=1s\n`,
    command: ['configremote', 'foo', 'autoenable=true'],
    change: (content) => {
      const config = new Map(parseRemoteLog(content).get(u1) ?? []).set('autoenable', 'true');
      return changeRemoteLog(content, { uuid: u1, config, nowSeconds });
    },
  },
  {
    path: 'transitions.log',
    before: '',
    command: ['forget', '--force'],
    change: (content) => changeTransitionsLog(content, { transitions: ['ForgetGitHistory'], nowSeconds }),
  },
];

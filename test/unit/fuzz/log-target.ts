// Logs of the git-annex branch, which any clone may push.
import { parseActivityLog } from '../../../src/logs/activity-log.ts';
import { isLoggable, journalFile, parseBranchPath, parseJournalFile } from '../../../src/logs/branch-path.ts';
import { parseChunkLog } from '../../../src/logs/chunk-log.ts';
import { parseClusterLog } from '../../../src/logs/cluster-log.ts';
import { parseConfigLog } from '../../../src/logs/config-log.ts';
import { parseContentIdentifierLog } from '../../../src/logs/content-identifier-log.ts';
import { parseCopiesLog } from '../../../src/logs/copies-log.ts';
import { parseDifferenceLog } from '../../../src/logs/difference-log.ts';
import { parseEquivalentKeysLog } from '../../../src/logs/equivalent-keys-log.ts';
import { parseExportLog } from '../../../src/logs/export-log.ts';
import { parseGroupLog } from '../../../src/logs/group-log.ts';
import { parseGroupPreferredContentLog } from '../../../src/logs/group-preferred-content-log.ts';
import { changeLocationLog, parseLocationLog, presentUUIDs } from '../../../src/logs/location-log.ts';
import { parseMaxSizeLog } from '../../../src/logs/max-size-log.ts';
import { parseMetaDataLog } from '../../../src/logs/metadata-log.ts';
import { parseMulticastLog } from '../../../src/logs/multicast-log.ts';
import { parsePreferredContentLog } from '../../../src/logs/preferred-content-log.ts';
import { parseProxyLog } from '../../../src/logs/proxy-log.ts';
import { parseRemoteLog } from '../../../src/logs/remote-log.ts';
import { parseRemoteMetaDataLog } from '../../../src/logs/remote-metadata-log.ts';
import { parseRemoteStateLog } from '../../../src/logs/remote-state-log.ts';
import { parseScheduleLog } from '../../../src/logs/schedule-log.ts';
import { parseTransitionsLog } from '../../../src/logs/transitions-log.ts';
import { parseTrustLog } from '../../../src/logs/trust-log.ts';
import { unionMergeLines } from '../../../src/logs/union-merge.ts';
import { parseUUIDLog } from '../../../src/logs/uuid-log.ts';
import { parseWebLog } from '../../../src/logs/web-log.ts';
import { parseUUID, type UUID } from '../../../src/types/uuid.ts';
import type { ByteString } from '../../../src/util/byte-string.ts';
import { insist, type FuzzTarget } from './fuzz-target.ts';

const uuid = parseUUID('f97413fe-ba4c-44ae-bb98-acdac2d7ef19') as UUID;
const time = 'timestamp=1700000000.123456789s';

export const logTarget: FuzzTarget = {
  name: 'logs of the git-annex branch',
  seeds: [
    `1700000000.5s 1 ${uuid}\n1700000001s 0 ${uuid}\n`,
    `1700000001s X ${uuid}\n`,
    `${uuid} name=a type=S3 ${time}\n`,
    `${uuid} trusted ${time}\n${uuid} archive backup ${time}\n`,
    `1700000000s annex.numcopies 2\n1700000000s 3\n`,
    `ac000000-0000-8000-8000-000000000001 ${uuid} ${uuid} ${time}\n1700000000s ${uuid} ${uuid}:name\n`,
    `1700000000s author +!YSBi +c -d tag -\n1700000000s ${uuid}:a +b\n`,
    `${uuid}:1000 5 ${time}\n1700000000s ${uuid}:4 3\n1700000000s ${uuid} !Zm9v:bar\n`,
    `1700000000s ${uuid}:${uuid} ${'1'.repeat(40)} ${'2'.repeat(40)}\n`,
    `1700000000s 1 http://a/b\n1700000000s 1 :quvi:x\n`,
    `ForgetGitHistory 1700000000s\n[ObjectHashLower,OneLevelBranchHash]\n`,
    `${uuid} fsck self 30m every day at any time;fsck self 1h weekly ${time}\n`,
    `aaa/bbb/SHA256--x.log.met\n_aaa_bbb__X--y.log`,
  ],
  run(input) {
    for (const parse of parsers) parse(input);
    const path = parseBranchPath(input);
    if ('key' in path) isLoggable(path.key);
    insist(!journalFile(input).includes('/'), 'its file in the journal is elsewhere');
    parseJournalFile(input);
    const merged = unionMergeLines([input, input]);
    insist(unionMergeLines([merged, input]) === merged, 'merged again, it is another');
    const change = { present: [uuid], missing: [], nowSeconds: 1_800_000_000 as never };
    const changed = changeLocationLog(input, change) ?? input;
    insist(isAhead(input) || presentUUIDs(changed).includes(uuid), 'what was logged is not there');
  },
};

const parsers: readonly ((content: ByteString) => unknown)[] = [
  parseActivityLog,
  parseChunkLog,
  parseClusterLog,
  parseConfigLog,
  parseContentIdentifierLog,
  parseCopiesLog,
  parseDifferenceLog,
  parseEquivalentKeysLog,
  parseExportLog,
  parseGroupLog,
  parseGroupPreferredContentLog,
  parseLocationLog,
  parseMaxSizeLog,
  parseMetaDataLog,
  parseMulticastLog,
  parsePreferredContentLog,
  parseProxyLog,
  parseRemoteLog,
  parseRemoteMetaDataLog,
  parseRemoteStateLog,
  parseScheduleLog,
  parseTransitionsLog,
  parseTrustLog,
  parseUUIDLog,
  parseWebLog,
];

/** Whether a line is later than the change may be. */
function isAhead(log: ByteString): boolean {
  return /\d{10}/.test(log.replaceAll('1700000', ''));
}

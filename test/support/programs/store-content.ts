// store-content DIRECTORY BYTE: stores 2 MB of that byte in the annex there, bit by bit, and prints how far it came:
// `offset N` where it begins, `sent`, and the outcome as JSON.
import { createHash } from 'node:crypto';
import { openAnnex } from '../../../src/node/annex/open-annex.ts';
import { systemClock, systemRng } from '../../../src/node/clock.ts';
import { parseKey } from '../../../src/types/key.ts';
import type { UUID } from '../../../src/types/uuid.ts';

const [, , directory = '', byte] = process.argv;
const content = Buffer.alloc(2_000_000, Number(byte));
const hash = createHash('sha256').update(content).digest('hex');
const key = parseKey(`SHA256E-s2000000--${hash}.dat`);
if (key === undefined) throw new Error('no key');
const annex = await openAnnex(directory, { clock: systemClock, rng: systemRng, events() {} });
const context = {
  clientUUID: '22222222-2222-4222-8222-222222222222' as UUID,
  bypass: [],
  requestId: 'r',
  signal: new AbortController().signal,
};
const upload = await annex.remote.store(key, {}, context);
console.log('offset', upload.type === 'upload' ? upload.offset : undefined);
if (upload.type !== 'upload') process.exit(0);
for (let at = upload.offset; at < content.length; at += 65_536) {
  await upload.send(content.subarray(at, at + 65_536));
  if (at % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
}
console.log('sent');
console.log(JSON.stringify(await upload.finish('valid')));
await annex.close();

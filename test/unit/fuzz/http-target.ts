// The annex API, asked by requests of any bytes: a request line, headers, an empty line, a body.
import { wideOpen } from '../../../src/p2p/http/access.ts';
import { annexHttp } from '../../../src/p2p/http/annex-http.ts';
import { LockTable } from '../../../src/p2p/http/lock-table.ts';
import { AnnexError } from '../../../src/types/annex-error.ts';
import type { ByteString } from '../../../src/util/byte-string.ts';
import { fakeRequest } from '../../support/fake-request.ts';
import { GatewayBench, seededRng } from '../../support/gateway-bench.ts';
import { checkContents, sample, sampleKey, servedUUID } from './conversation-target.ts';
import { insist, type FuzzTarget } from './fuzz-target.ts';

const api = `/git-annex/${servedUUID}`;
const query = `clientuuid=${servedUUID}&key=${sampleKey}`;
const length = `x-git-annex-data-length: ${sample.length}`;

const seeds: readonly ByteString[] = [
  `POST ${api}/v4/checkpresent?${query}\n\n`,
  `GET ${api}/v0/checkpresent?${query}&bypass=${servedUUID}&bypass[]=a\n\n`,
  `POST ${api}/v3/remove?${query}\n\n`,
  `POST ${api}/v4/remove-before?${query}&timestamp=99999\n\n`,
  `POST ${api}/v4/gettimestamp?${query}\n\n`,
  `POST ${api}/v4/put?${query}&associatedfile=a%2fb&offset=0\n${length}\n\n${Buffer.from(sample).toString('latin1')}`,
  `POST /lab/mice/git-annex/${servedUUID}/v4/put?${query}&data-present=true\nx-git-annex-data-length: 0\n\n`,
  `POST ${api}/v2/putoffset?${query}\n\n`,
  `POST ${api}/v4/lockcontent?${query}\n\n`,
  `POST ${api}/v4/keeplocked?clientuuid=a&lockid=00000000-0000-0000-0000-000000000000\n\n{"unlock":true}`,
  `GET ${api}/v4/key/${sampleKey}?clientuuid=a&associatedfile=[Zm9v]&offset=0x3\n\n`,
  `GET ${api}/key/${sampleKey}?associatedfile=%22a%0d%0ab.html\nrange: bytes=1-3,5-\nif-range: "x"\nif-none-match: W/"a", *\n\n`,
  `HEAD /lab/mice/git-annex/${servedUUID}/key/${sampleKey}\nif-modified-since: Thu, 01 Jan 1970 00:00:00 GMT\n\n`,
  `POST ${api}/v4/checkpresent?${query}\nauthorization: Basic YTpi\n\n`,
];

export const httpTarget: FuzzTarget = { name: 'the annex API', seeds, run: ask };

async function ask(input: ByteString): Promise<void> {
  const bench = new GatewayBench();
  const remote = bench.memory(0);
  remote.contents.set(sampleKey, sample);
  const locks = new LockTable({ clock: bench.clock, rng: seededRng() });
  const handler = annexHttp({
    withNames: true,
    takesTokens: input.length % 2 === 0,
    locks,
    resolve: async (uuid) =>
      await Promise.resolve(uuid === remote.uuid ? { remote, access: wideOpen } : undefined),
  });
  const request = readRequest(input);
  const reply = await (handler(fakeRequest(request)) ?? Promise.resolve(undefined)).catch(
    (error: unknown) => {
      insist(error instanceof AnnexError && error.code !== 'invariant', `it threw ${String(error)}`);
    },
  );
  locks.close();
  if (reply === undefined || typeof reply !== 'object') return;
  insist(reply.status >= 200 && reply.status < 600 && reply.status !== 500, `status ${reply.status}`);
  for (const text of reply.headers)
    insist(/^[\t\x20-\x7e\x80-\xff]*$/.test(text), `header ${JSON.stringify(text)}`);
  if (typeof reply.body === 'object') {
    let bytes = 0;
    for await (const chunk of reply.body.chunks) bytes += chunk.length;
    insist(bytes <= 10 * (sample.length + 2000), `${bytes} bytes`);
    insist(
      reply.body.lengthBytes === undefined || request.method === 'HEAD' || reply.body.lengthBytes === bytes,
      'another length was announced',
    );
  } else if (reply.headers[1]?.startsWith('application/json') === true) JSON.parse(reply.body ?? '');
  checkContents(remote);
  insist(bench.openDownloads === 0, 'a download was not let go of');
}

function readRequest(input: ByteString): Parameters<typeof fakeRequest>[0] {
  const end = input.indexOf('\n\n');
  const [first = '', ...lines] = input.slice(0, end === -1 ? undefined : end).split('\n');
  const [method = '', path = ''] = first.split(' ');
  const headers = Object.fromEntries(
    lines.map((line) => [
      line.slice(0, line.indexOf(':')).toLowerCase(),
      line.slice(line.indexOf(':') + 1).trim(),
    ]),
  );
  const body = end === -1 ? '' : input.slice(end + 2);
  return { method, path, headers, body: [body.slice(0, 7), body.slice(7)].filter((piece) => piece !== '') };
}

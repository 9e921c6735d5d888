// The contract of a Remote, over our client and our server with a real connection between them.
import { describe, expect, test } from 'vitest';
import { GatewayBench, hashKey, seededRng, unverifiableKey } from '../../../../test/support/gateway-bench.ts';
import { wideOpen } from '../../../p2p/http/access.ts';
import { annexHttp } from '../../../p2p/http/annex-http.ts';
import { parseAnnexUrl } from '../../../p2p/http/client/annex-url.ts';
import { LockTable } from '../../../p2p/http/lock-table.ts';
import { isCapable, runCheck, type ConformanceSubject } from '../../../remote/conformance/check.ts';
import { conformanceChecks } from '../../../remote/conformance/checks.ts';
import { listen } from '../listen.ts';
import { openHttpRemote } from './open-http-remote.ts';

const exceptions: Readonly<Record<string, string>> = {
  'stores content that changed while it was sent only if it verifies':
    'a body of another length says that the content is not valid, and servers then do not look at it',
};

const subject: ConformanceSubject = {
  capabilities: new Set(['lock', 'resume', 'verify', 'busy', 'digest', 'time', 'held']),
  hashKey,
  unverifiableKey,
  async open() {
    const bench = new GatewayBench();
    const memory = bench.memory(0);
    const handler = annexHttp({
      resolve: (uuid) =>
        Promise.resolve(uuid === memory.uuid ? { remote: memory, access: wideOpen } : undefined),
      locks: new LockTable({ clock: bench.clock, rng: seededRng() }),
    });
    const listener = await listen({ places: [{ host: '127.0.0.1', port: 0 }], handlers: [handler] });
    const remote = openHttpRemote({
      url: parseAnnexUrl(`annex+http://127.0.0.1:${listener.port}/git-annex/`)!,
      uuid: memory.uuid,
      clock: bench.clock,
    });
    return {
      remote,
      advance: (ms: number) => bench.clock.advance(ms),
      async held() {
        await new Promise((resolve) => setTimeout(resolve, 2));
        return bench.openDownloads;
      },
      async close() {
        remote.close();
        await listener.close({ limitMs: 0 });
      },
    };
  },
};

describe('over a real connection', () => {
  test.each(conformanceChecks.filter((check) => isCapable(check, subject)))('$name', async (check) => {
    const failure = await runCheck(check, subject).then(
      () => undefined,
      (error: unknown) => error,
    );
    const reason = exceptions[check.name];
    const unexpected = failure === undefined ? `passes, though it is said: ${reason}` : undefined;
    expect(reason === undefined ? failure : unexpected).toBeUndefined();
  });
});

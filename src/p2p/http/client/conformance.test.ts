// The contract of a Remote, over the client and the server of the P2P protocol back to back, without a wire.
import { describe, expect, test } from 'vitest';
import { GatewayBench, hashKey, seededRng, unverifiableKey } from '../../../../test/support/gateway-bench.ts';
import { MemoryTransport } from '../../../../test/support/memory-transport.ts';
import {
  isCapable,
  runCheck,
  type Capability,
  type ConformanceSubject,
} from '../../../remote/conformance/check.ts';
import { conformanceChecks } from '../../../remote/conformance/checks.ts';
import { wideOpen } from '../access.ts';
import { annexHttp } from '../annex-http.ts';
import { LockTable } from '../lock-table.ts';
import { parseAnnexUrl } from './annex-url.ts';
import { HttpRemote } from './http-remote.ts';

const capabilities: readonly Capability[] = ['lock', 'resume', 'verify', 'busy', 'digest', 'time', 'held'];

/** What the protocol has no words for. */
const exceptions: Readonly<Record<string, string>> = {
  'stores content that changed while it was sent only if it verifies':
    'a body of another length says that the content is not valid, and servers then do not look at it',
};

const subject: ConformanceSubject = {
  capabilities: new Set(capabilities),
  hashKey,
  unverifiableKey,
  open() {
    const bench = new GatewayBench();
    const memory = bench.memory(0);
    const handler = annexHttp({
      resolve: (uuid) =>
        Promise.resolve(uuid === memory.uuid ? { remote: memory, access: wideOpen } : undefined),
      locks: new LockTable({ clock: bench.clock, rng: seededRng() }),
    });
    const remote = new HttpRemote({
      url: parseAnnexUrl('annex+http://memory/')!,
      uuid: memory.uuid,
      transport: new MemoryTransport({ handler }),
      clock: bench.clock,
    });
    return Promise.resolve({
      remote,
      advance: (ms: number) => bench.clock.advance(ms),
      held: () => bench.openDownloads,
      close: () => Promise.resolve(),
    });
  },
};

describe('the client and the server, without a wire', () => {
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

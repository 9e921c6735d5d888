// The contract of a Remote over real git-annex: P2PRemote speaking with `git-annex-shell p2pstdio` of both releases in a
// plain repository. What git-annex does not meet is listed with the reason; one that passes all the same fails.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { mkdtemp } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/node/clock.ts';
import { processChannel } from '../../src/node/channel/process-channel.ts';
import { openConversation } from '../../src/p2p/open-conversation.ts';
import { P2PRemote } from '../../src/p2p/p2p-remote.ts';
import { isCapable, runCheck, type ConformanceSubject } from '../../src/remote/conformance/check.ts';
import { conformanceChecks } from '../../src/remote/conformance/checks.ts';
import { parseUUID, type UUID } from '../../src/types/uuid.ts';
import { hashKey, makeDigest, unverifiableKey } from '../support/gateway-bench.ts';
import { cleanEnvironment, releases, removeTree, runIn, type Release } from '../support/git-annex.ts';

const client = '22222222-2222-4222-8222-222222222222' as UUID;

async function makeRepository(dir: string, release: Release): Promise<UUID> {
  await mkdir(dir, { recursive: true });
  await runIn(dir, ['git', 'init', '-q'], { release });
  await runIn(dir, ['git-annex', 'init', '-q', 'place'], { release });
  const { stdout } = await runIn(dir, ['git', 'config', 'annex.uuid'], { release });
  return parseUUID(stdout.trim())!;
}

interface Opened {
  readonly remote: P2PRemote;
  readonly pids: () => readonly number[];
}

function openShell(dir: string, uuid: UUID, release: Release): Opened {
  const pids: number[] = [];
  const remote = new P2PRemote({
    uuid,
    clock: systemClock,
    makeDigest,
    connect: async ({ bypass, signal }) => {
      const channel = processChannel({
        argv: ['git-annex-shell', 'p2pstdio', dir, client],
        env: cleanEnvironment({ release }),
      });
      if (channel.pid !== undefined) pids.push(channel.pid);
      return await openConversation(channel, { uuid, bypass, clock: systemClock, signal });
    },
  });
  return { remote, pids: () => pids };
}

function subject(release: Release): ConformanceSubject {
  return {
    // Of a second upload git-annex takes notice when its data comes, and its clock is the machine's.
    capabilities: new Set(['lock', 'resume', 'verify']),
    hashKey,
    unverifiableKey,
    async open() {
      const dir = await mkdtemp(join(tmpdir(), 'annexus-p2p-'));
      const uuid = await makeRepository(dir, release);
      const { remote } = openShell(dir, uuid, release);
      return {
        remote,
        close: async () => {
          await remote.close();
          await removeTree(dir);
        },
      };
    },
  };
}

const exceptions: Readonly<Record<string, string>> = {
  'stores content that changed while it was sent only if it verifies':
    'git-annex stores content of a key that no hash verifies though the sender says that it is INVALID',
  'uses the digest of the caller at offset 0, and does not feed it':
    'a far repository verifies by itself, and is not told of digests',
};

describe.each(releases().map((release) => ({ release, name: release.name })))('$name', ({ release }) => {
  const under = subject(release);
  test.each(conformanceChecks.filter((check) => isCapable(check, under)))('$name', async (check) => {
    const outcome = runCheck(check, under).then(
      () => 'meets it',
      (error: unknown) => (check.name in exceptions ? 'does not meet it' : Promise.reject(error as Error)),
    );
    expect(await outcome).toBe(check.name in exceptions ? 'does not meet it' : 'meets it');
  });
});

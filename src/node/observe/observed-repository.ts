/**
 * A repository as those who look at the server see it: its gateway, how full its nodes are, whether it can do its work.
 */

import { open, unlink } from 'node:fs/promises';
import { parseUUIDLog } from '../../logs/uuid-log.ts';
import { AnnexError } from '../../types/annex-error.ts';
import { parseKey, type Key } from '../../types/key.ts';
import type { UUID } from '../../types/uuid.ts';
import type { Clock } from '../../util/clock.ts';
import { byteStringToText } from '../../util/byte-string.ts';
import type { GatewayHost } from '../gateway/gateway-host.ts';
import { FullnessReader } from './fullness.ts';
import type { LiveState } from './live-state.ts';
import { doneWithin } from './time-limit.ts';

/** What is looked at of a gateway. */
export type LookedAt = Pick<GatewayHost, 'annex' | 'layout' | 'served'>;

export class ObservedRepository {
  readonly name: string;
  readonly host: LookedAt;
  readonly fullness: FullnessReader;
  readonly #clock: Clock;
  readonly #asked = new Map<UUID, number>();
  #descriptions: ReadonlyMap<UUID, string> = new Map();

  constructor(name: string, host: LookedAt, clock: Clock) {
    this.name = name;
    this.host = host;
    this.#clock = clock;
    this.fullness = new FullnessReader(host.annex, clock);
  }

  /** The repository itself, and its nodes. */
  get uuids(): readonly UUID[] {
    const nodes = this.host.layout.nodes.map(({ node }) => node.gateway ?? node.remote.uuid);
    return [...new Set([this.host.annex.uuid, ...nodes])];
  }

  /** What uuid.log calls a repository. */
  descriptionOf(uuid: UUID): string | undefined {
    return this.#descriptions.get(uuid);
  }

  /**
   * Brings all that is shown up to date, for as long as somebody is willing to wait; the rest goes on in the background.
   * Nodes that nobody has asked anything for a while are asked, so that it is known whether they answer.
   */
  async look(state: LiveState, limitMs: number): Promise<void> {
    const looks = Promise.all([this.fullness.look(this.uuids), this.#describe(), ...this.#askNodes(state)]);
    await doneWithin(limitMs, looks).catch(() => undefined);
  }

  /** Why it cannot do its work; empty where it can. */
  async problems(limitMs: number): Promise<readonly string[]> {
    const checks: readonly (readonly [string, () => Promise<unknown>])[] = [
      ['the git-annex branch cannot be read', () => this.host.annex.branch.read('uuid.log')],
      ['the disk cannot be written to', () => writeSomething(`${this.host.annex.git.gitDir}/annex`)],
    ];
    const found = await Promise.all(checks.map(([what, check]) => problemOf(what, check, limitMs)));
    return found.filter((problem) => problem !== undefined).map((problem) => `${this.name}: ${problem}`);
  }

  async #describe(): Promise<void> {
    const log = await this.host.annex.branch.read('uuid.log');
    this.#descriptions = new Map(
      Array.from(parseUUIDLog(log ?? ''), ([uuid, text]) => [uuid, byteStringToText(text)]),
    );
  }

  #askNodes(state: LiveState): readonly Promise<unknown>[] {
    const nowMs = this.#clock.now();
    return this.host.layout.nodes.flatMap(({ node: { remote, gateway } }) => {
      const uuid = gateway ?? remote.uuid;
      const { heardMs = 0, reachable } = state.health(uuid);
      const lastMs = Math.max(heardMs, this.#asked.get(uuid) ?? 0);
      if (nowMs - lastMs < (reachable === true ? askAfterMs : askAgainMs)) return [];
      this.#asked.set(uuid, nowMs);
      const signal = AbortSignal.timeout(askLimitMs);
      const context = { clientUUID: this.host.annex.uuid, bypass: [], requestId: 'status', signal };
      const asking = remote.checkPresent(noKey, context).catch(() => {
        // All else that becomes of it is told as an event.
        if (signal.aborted) state.unanswered(uuid, askLimitMs);
      });
      return [asking];
    });
  }
}

async function problemOf(
  what: string,
  check: () => Promise<unknown>,
  limitMs: number,
): Promise<string | undefined> {
  try {
    return (await doneWithin(limitMs, check())) ? undefined : `${what}: no answer within ${limitMs / 1000} s`;
  } catch (error) {
    // The system's words have paths of this machine in them.
    const { code, message } = error as NodeJS.ErrnoException;
    return `${what}: ${error instanceof AnnexError ? message : (code ?? 'it failed')}`;
  }
}

/** Permissions do not tell of a file system that is mounted read-only since it broke, or has no room for a file. */
async function writeSomething(directory: string): Promise<void> {
  const path = `${directory}/annexus-writable-${process.pid}-${++writes}`;
  const file = await open(path, 'wx', 0o600);
  try {
    await file.write('x');
  } finally {
    await file.close();
    await unlink(path);
  }
}

let writes = 0;
// Only who is there can say that it does not have it.
const noKey = parseKey('WORM-s0-m0--annexus-status') as Key;
const askAfterMs = 30_000;
/** Of one that failed, or was never asked. */
const askAgainMs = 2000;
const askLimitMs = 10_000;

/**
 * What a push asked for and what git said to it, read from the bytes as they pass (gitprotocol-pack, "Reference Update
 * Request" and "Report Status"):
 *
 *     C: OLD NEW refs/heads/main\0 report-status-v2 side-band-64k …     one for each ref, then a flush, then the pack
 *     S: \1 unpack ok, ok refs/heads/main, ng refs/heads/other REASON   on the first band
 *
 * Nothing is kept but refs, and of them no more than a bound.
 */

import type { PushedRef } from '../../types/change.ts';
import { byteStringToBytes, type ByteString } from '../../util/byte-string.ts';
import { PktLines } from './pkt-lines.ts';

export class PushReport {
  readonly #commands = new PktLines();
  readonly #bands = new PktLines();
  readonly #status = new PktLines();
  readonly #refs = new Map<ByteString, PushedRef>();
  #keptBytes = 0;
  #areCommandsOver = false;
  #hasBands = false;

  /** Undefined: the client asked for nothing, as it does to see whether it is let in. */
  get refs(): readonly PushedRef[] | undefined {
    return this.#areCommandsOver && this.#refs.size === 0 ? undefined : [...this.#refs.values()];
  }

  /** The next bytes of the request. */
  request(chunk: Uint8Array): void {
    if (this.#areCommandsOver) return;
    for (const line of this.#commands.push(chunk)) {
      if (line === undefined) {
        this.#areCommandsOver = true;
        return;
      }
      this.#command(line);
    }
  }

  /** The next bytes of the reply. */
  reply(chunk: Uint8Array): void {
    if (!this.#hasBands) return this.#report(chunk);
    for (const line of this.#bands.push(chunk))
      if (line?.startsWith('\u0001') === true) this.#report(byteStringToBytes(line.slice(1)));
  }

  #command(line: ByteString): void {
    const [command = '', capabilities = ''] = line.split('\0');
    if (/(^| )side-band(-64k)?( |$)/.test(capabilities.trimEnd())) this.#hasBands = true;
    const [, from, to, ref] = /^([0-9a-f]{40,64}) ([0-9a-f]{40,64}) ([^\n]+)\n?$/.exec(command) ?? [];
    if (from === undefined || to === undefined || ref === undefined) return;
    this.#keptBytes += command.length;
    if (this.#keptBytes > maxKeptBytes) return;
    this.#refs.set(ref, { ref, from, to, outcome: undefined });
  }

  #report(chunk: Uint8Array): void {
    for (const line of this.#status.push(chunk)) {
      const [, word, ref = '', reason] = /^(ok|ng) ([^ \n]+)(?: ([^\n]*))?\n?$/.exec(line ?? '') ?? [];
      const known = this.#refs.get(ref);
      if (known !== undefined)
        this.#refs.set(ref, { ...known, outcome: word === 'ok' ? 'ok' : (reason ?? 'no') });
    }
  }
}

// Of commands; more than ten thousand refs.
const maxKeptBytes = 1024 * 1024;

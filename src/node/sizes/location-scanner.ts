/**
 * Who has a key, from the bytes of its location log: what `logs/location-log.ts` finds, without a string for each line,
 * since a branch may have millions of them. A log that is out of the ordinary is left to that.
 *
 *     1795351096s 1 0af5ae83-3a61-4cc2-9483-32dad72d789a
 */

import { presentUUIDs } from '../../logs/location-log.ts';
import { UUIDTable } from './uuid-table.ts';

export class LocationScanner {
  readonly uuids: UUIDTable = new UUIDTable();
  /** Of each UUID: in which log it was met last, with which clock and whether present. */
  readonly #seenIn: number[] = [];
  readonly #clocks: number[] = [];
  readonly #isPresent: boolean[] = [];
  /** The UUIDs of this log. */
  #met: number[] = [];
  #logs = 0;
  /** Where the line being read is. */
  #at = 0;

  /** The numbers of the repositories that have the key, clusters left out. Valid until the next scan. */
  scan(source: Buffer, start: number, end: number): readonly number[] {
    this.#logs++;
    this.#met = [];
    this.#at = start;
    while (this.#at < end) {
      if (!this.#line(source, end)) return this.#slowly(source.toString('latin1', start, end));
    }
    return this.#met.filter((number) => this.#isPresent[number] === true && !this.uuids.isCluster(number));
  }

  /** False for a line that is not as git-annex writes them. */
  #line(source: Buffer, end: number): boolean {
    let at = this.#at;
    let clock = 0;
    const clockStart = at;
    for (; at < end; at++) {
      const digit = (source[at] ?? 0) - letter.zero;
      if (digit < 0 || digit > 9) break;
      clock = clock * 10 + digit;
    }
    const digits = at - clockStart;
    if (digits === 0 || digits > maxDigits) return false;
    if (source[at] !== letter.s || source[at + 1] !== letter.space || source[at + 3] !== letter.space)
      return false;
    const status = source[at + 2];
    if (status !== letter.one && status !== letter.zero && status !== letter.X) return false;
    const uuidStart = at + 4;
    for (at = uuidStart; at < end && isPlain[source[at] ?? 0] === 1; at++);
    if (at === end || source[at] !== letter.lineFeed || at === uuidStart || at - uuidStart > maxUUIDBytes)
      return false;
    this.#meet(this.uuids.numberAt(source, uuidStart, at), clock, status === letter.one);
    this.#at = at + 1;
    return true;
  }

  /** The newest line counts; of several with one clock the earlier. */
  #meet(number: number, clock: number, isPresent: boolean): void {
    if (this.#seenIn[number] === this.#logs) {
      if (clock <= (this.#clocks[number] ?? 0)) return;
    } else this.#met.push(number);
    this.#seenIn[number] = this.#logs;
    this.#clocks[number] = clock;
    this.#isPresent[number] = isPresent;
  }

  #slowly(content: string): readonly number[] {
    return presentUUIDs(content)
      .map((uuid) => this.uuids.numberOf(uuid))
      .filter((number) => !this.uuids.isCluster(number));
  }
}

const letter = { lineFeed: 0x0a, space: 0x20, zero: 0x30, one: 0x31, X: 0x58, s: 0x73 } as const;
/** Whole seconds, exact as a floating point number. */
const maxDigits = 15;
const maxUUIDBytes = 200;

/** Letters, digits and `-`: what every UUID but those of tests is made of. */
const isPlain = Uint8Array.from({ length: 256 }, (_, code) =>
  /[\dA-Za-z-]/.test(String.fromCharCode(code)) ? 1 : 0,
);

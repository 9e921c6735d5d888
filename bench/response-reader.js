// Reads HTTP/1.1 responses off a connection and counts their bodies, with a length or in chunks, without keeping them.
// As little as a load generator needs: a malformed response throws, and only the first bytes of a body are kept.

/** @typedef {'head' | 'counted' | 'chunk-size' | 'chunk-data' | 'chunk-end' | 'trailer'} State */

export class ResponseReader {
  status = 0;
  /** Bytes of the current or last body. */
  bodyBytes = 0;
  /** The first KiB of the current or last body. */
  smallBody = '';
  #onResponse;
  /** @type {State} */
  #state = 'head';
  #remaining = 0;
  #line = '';

  /** @param {(reader: ResponseReader) => void} onResponse called at the end of every response */
  constructor(onResponse) {
    this.#onResponse = onResponse;
  }

  /**
   * @param {Buffer} buffer may be used again after the call
   * @param {number} length
   */
  take(buffer, length) {
    let at = 0;
    while (at < length) at = this.#step(buffer, at, length);
  }

  /**
   * @param {Buffer} buffer
   * @param {number} at
   * @param {number} length
   */
  #step(buffer, at, length) {
    switch (this.#state) {
      case 'head':
        return this.#readUntil(buffer, at, length, '\r\n\r\n', (head) => this.#readHead(head));
      case 'counted':
      case 'chunk-data':
        return this.#count(buffer, at, length);
      case 'chunk-size':
        return this.#readUntil(buffer, at, length, '\r\n', (line) => this.#begin(Number.parseInt(line, 16)));
      case 'chunk-end':
        return this.#readUntil(buffer, at, length, '\r\n', () => (this.#state = 'chunk-size'));
      case 'trailer':
      default:
        return this.#readUntil(buffer, at, length, '\r\n', (line) => {
          if (line === '') this.#end();
        });
    }
  }

  /**
   * @param {Buffer} buffer
   * @param {number} at
   * @param {number} length
   * @param {string} end
   * @param {(text: string) => void} done
   */
  #readUntil(buffer, at, length, end, done) {
    const before = this.#line.length;
    // The end may be split over two reads, so the search is in all that was kept.
    const text = this.#line + buffer.toString('latin1', at, Math.min(length, at + 8192));
    const found = text.indexOf(end, Math.max(0, before - end.length));
    if (found < 0) {
      if (text.length > 65_536) throw new Error(`no end of a header in ${text.slice(0, 100)}`);
      this.#line = text;
      return Math.min(length, at + 8192);
    }
    this.#line = '';
    done(text.slice(0, found));
    return at + found + end.length - before;
  }

  /** @param {string} head */
  #readHead(head) {
    const lower = head.toLowerCase();
    this.status = Number(head.slice(9, 12));
    this.bodyBytes = 0;
    this.smallBody = '';
    if (lower.includes('\r\ntransfer-encoding: chunked')) {
      this.#state = 'chunk-size';
      return;
    }
    const name = '\r\ncontent-length: ';
    const start = lower.indexOf(name);
    if (start < 0) throw new Error(`a response without length: ${head}`);
    this.#remaining = Number.parseInt(lower.slice(start + name.length), 10);
    this.#state = 'counted';
    if (this.#remaining === 0) this.#end();
  }

  /** @param {number} size of the chunk that begins */
  #begin(size) {
    if (!(size >= 0)) throw new Error('a malformed chunk');
    this.#remaining = size;
    this.#state = size === 0 ? 'trailer' : 'chunk-data';
  }

  /**
   * @param {Buffer} buffer
   * @param {number} at
   * @param {number} length
   */
  #count(buffer, at, length) {
    const taken = Math.min(this.#remaining, length - at);
    if (this.bodyBytes < 1024) this.smallBody += buffer.toString('latin1', at, at + Math.min(taken, 1024));
    this.bodyBytes += taken;
    this.#remaining -= taken;
    if (this.#remaining === 0) {
      if (this.#state === 'counted') this.#end();
      else this.#state = 'chunk-end';
    }
    return at + taken;
  }

  #end() {
    this.#state = 'head';
    this.#onResponse(this);
  }
}

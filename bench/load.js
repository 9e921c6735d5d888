// The load generator: a process of its own over raw sockets, so that it is not what limits the server. Node's own HTTP
// client would be: it answers for a third of the time at 20,000 requests per second. Takes one JSON job as its argument
// and prints one JSON result. It checks every status and counts every byte, and hashes nothing while the clock runs.
//
//   { mode: 'requests', port, method, paths, connections, seconds, bodyBytes? }  -> { count, seconds, failed }
//   { mode: 'download', port, path, bytes }                                      -> { bytes, seconds, failed }
//   { mode: 'upload', port, uuid, bytes }                                        -> { bytes, seconds, failed, key }
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { ResponseReader } from './response-reader.js';

const clientUUID = '11111111-2222-4333-8444-555555555555';

/**
 * @typedef {{ mode: 'requests', port: number, method: string, pathsFile: string, connections: number, seconds: number, bodyBytes?: number }} RequestsJob
 * @typedef {{ mode: 'download', port: number, path: string, bytes: number }} DownloadJob
 * @typedef {{ mode: 'upload', port: number, uuid: string, bytes: number }} UploadJob
 */

const job = /** @type {RequestsJob | DownloadJob | UploadJob} */ (JSON.parse(process.argv[2] ?? '{}'));
const result =
  job.mode === 'requests'
    ? await requests(job)
    : job.mode === 'download'
      ? await download(job)
      : await upload(job);
process.stdout.write(`${JSON.stringify(result)}\n`);

/** @param {RequestsJob} options */
async function requests(options) {
  const paths = /** @type {string[]} */ (JSON.parse(readFileSync(options.pathsFile, 'utf8')));
  const messages = paths.map((path) =>
    head(options.method, path, options.method === 'POST' ? ['Content-Length: 0'] : []),
  );
  const began = performance.now();
  const until = began + options.seconds * 1000;
  let count = 0;
  let failed = 0;
  let next = 0;
  /** @param {number} first */
  const one = (first) =>
    new Promise((resolve) => {
      next = first;
      const { socket, send } = open(options.port, (reader) => {
        count += 1;
        const wanted = options.bodyBytes ?? reader.bodyBytes;
        if (reader.status !== 200 || reader.bodyBytes !== wanted) failed += 1;
        if (performance.now() >= until) socket.destroy();
        else send(messages[next++ % messages.length] ?? '');
      });
      socket.on('close', resolve);
      socket.on('error', () => (failed += 1));
      send(messages[next++ % messages.length] ?? '');
    });
  const spread = Math.floor(messages.length / options.connections);
  await Promise.all(Array.from({ length: options.connections }, (_, index) => one(index * spread)));
  return { count, seconds: (performance.now() - began) / 1000, failed };
}

/** @param {DownloadJob} options */
async function download({ port, path, bytes }) {
  const began = performance.now();
  const reader = await exchange(port, [head('GET', path, [])]);
  const seconds = (performance.now() - began) / 1000;
  return { bytes, seconds, failed: reader.status === 200 && reader.bodyBytes === bytes ? 0 : 1 };
}

/** @param {UploadJob} options */
async function upload({ port, uuid, bytes }) {
  // Chunked, as git-annex's client sends; framed beforehand, so that sending is nothing but writing.
  const chunk = 256 * 1024;
  const hash = createHash('sha256');
  const frames = [];
  const pattern = randomBytes(chunk);
  for (let at = 0; at < bytes; at += chunk) {
    const data = Buffer.from(pattern.subarray(0, Math.min(chunk, bytes - at)));
    data.writeUInt32LE(at >>> 0, 0);
    hash.update(data);
    frames.push(Buffer.concat([Buffer.from(`${data.length.toString(16)}\r\n`), data, Buffer.from('\r\n')]));
  }
  frames.push(Buffer.from('0\r\n\r\n'));
  const key = `SHA256-s${bytes}--${hash.digest('hex')}`;
  const path = `/git-annex/${uuid}/v4/put?key=${key}&clientuuid=${clientUUID}&offset=0`;
  const headers = ['Transfer-Encoding: chunked', `X-git-annex-data-length: ${bytes}`];
  const message = head('POST', path, [...headers, 'Content-Type: application/octet-stream']);
  const began = performance.now();
  const reader = await exchange(port, [message, ...frames]);
  const seconds = (performance.now() - began) / 1000;
  const stored = reader.status === 200 && reader.smallBody.includes('"stored":true');
  return { bytes, seconds, failed: stored ? 0 : 1, key, answer: reader.smallBody };
}

/**
 * @param {string} method
 * @param {string} path
 * @param {readonly string[]} headers
 */
function head(method, path, headers) {
  return Buffer.from([`${method} ${path} HTTP/1.1`, 'Host: 127.0.0.1', ...headers, '', ''].join('\r\n'));
}

/**
 * One request on a connection of its own; the parts are written as fast as the other side reads.
 * @param {number} port
 * @param {readonly Buffer[]} parts
 * @returns {Promise<ResponseReader>}
 */
function exchange(port, parts) {
  return new Promise((resolve, reject) => {
    const { socket } = open(port, (reader) => {
      socket.destroy();
      resolve(reader);
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('closed before the answer')));
    socket.cork();
    for (const part of parts) socket.write(part);
    socket.uncork();
  });
}

/**
 * @param {number} port
 * @param {(reader: ResponseReader) => void} onResponse
 */
function open(port, onResponse) {
  const reader = new ResponseReader(onResponse);
  const buffer = Buffer.allocUnsafe(1 << 20);
  const socket = connect({
    port,
    host: '127.0.0.1',
    noDelay: true,
    onread: {
      buffer,
      callback: (length) => {
        reader.take(buffer, length);
        return true;
      },
    },
  });
  /** @param {Buffer | string} message */
  const send = (message) => {
    socket.write(message);
  };
  return { socket, send };
}

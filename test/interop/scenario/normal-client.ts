// A client as there are many, timed: it downloads something large, and makes small requests, over one connection.
import { Agent, request } from 'node:http';

export interface Speed {
  readonly megabytesPerSecond: number;
  readonly requestsPerSecond: number;
}

export interface NormalClientOptions {
  readonly port: number;
  /** Of a GET. */
  readonly large: string;
  /** Of a POST. */
  readonly small: string;
  /** How often for one figure. */
  readonly downloads: number;
  readonly requests: number;
}

/** Rejects where anything is not answered with 200 and all that it announced. */
export async function measureSpeed(options: NormalClientOptions): Promise<Speed> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const { port, large, small, downloads, requests } = options;
  const ask = async (method: string, path: string): Promise<number> =>
    await new Promise((resolve, reject) => {
      const message = request({ host: '127.0.0.1', port, method, path, agent }, (response) => {
        let bytes = 0;
        response.on('data', (chunk: Buffer) => void (bytes += chunk.length));
        response.on('error', reject);
        response.on('end', () => {
          const isWhole = bytes === Number(response.headers['content-length'] ?? bytes);
          if (response.statusCode === 200 && isWhole) resolve(bytes);
          else reject(new Error(`${method} ${path}: ${response.statusCode ?? 0}, ${bytes} bytes`));
        });
      });
      message.on('error', reject);
      message.end();
    });
  try {
    let bytes = 0;
    const startMs = performance.now();
    for (let count = 0; count < downloads; count++) bytes += await ask('GET', large);
    const downloadedMs = performance.now();
    for (let count = 0; count < requests; count++) await ask('POST', small);
    return {
      megabytesPerSecond: bytes / 1000 / (downloadedMs - startMs),
      requestsPerSecond: (requests * 1000) / (performance.now() - downloadedMs),
    };
  } finally {
    agent.destroy();
  }
}

export function median(values: readonly number[]): number {
  return [...values].sort((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;
}

// One measurement: a job for the load generator, run in a process of its own against one server, and the figure that
// comes of it. A failed request makes the figure 0, so that a wrong answer never counts as a fast one.
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Cluster } from '../test/interop/scenario/cluster.ts';
import type { Server } from '../test/interop/scenario/server.ts';
import { type BenchData, largeBytes, smallBytes } from './data.ts';

const generator = fileURLToPath(new URL('./load.js', import.meta.url));
const clientUUID = '11111111-2222-4333-8444-555555555555';
const connections = 4;

/** A server with its own copy of the data. */
export interface Subject {
  readonly server: Server;
  readonly cluster: Cluster;
  readonly data: BenchData;
}

/** What one measurement is called in budget.json, and how it is taken; the figure is in the budget's unit. */
export type Measurement = (subject: Subject, seconds: number) => Promise<number>;

export const measurements: Readonly<Record<string, Measurement>> = {
  'checkpresent, the gateway itself': checkPresent(({ gateway }) => gateway.uuid),
  'checkpresent, a node': checkPresent(nodeUUID),
  'checkpresent, the cluster': checkPresent(({ uuid }) => uuid),
  '10 kB downloads, a node': smallDownloads(nodeUUID),
  '10 kB downloads, the cluster': smallDownloads(({ uuid }) => uuid),
  '200 MB download, a node': largeDownload(nodeUUID),
  '200 MB download, the cluster': largeDownload(({ uuid }) => uuid),
  '200 MB upload, a node': largeUpload(nodeUUID),
  '200 MB upload, the cluster of three': largeUpload(({ uuid }) => uuid),
};

type Target = (cluster: Cluster) => string;

function nodeUUID({ nodes }: Cluster): string {
  const [first] = nodes;
  if (first === undefined) throw new Error('the cluster has no nodes');
  return first.uuid;
}

function checkPresent(target: Target): Measurement {
  return async (subject, seconds) => {
    const uuid = target(subject.cluster);
    const paths = subject.data.smallKeys.map(
      (key) => `/git-annex/${uuid}/v4/checkpresent?key=${key}&clientuuid=${clientUUID}`,
    );
    return await requestsPerSecond(subject, { method: 'POST', paths, seconds });
  };
}

function smallDownloads(target: Target): Measurement {
  return async (subject, seconds) => {
    const uuid = target(subject.cluster);
    const paths = subject.data.smallKeys.map(
      (key) => `/git-annex/${uuid}/v4/key/${key}?clientuuid=${clientUUID}`,
    );
    return await requestsPerSecond(subject, { method: 'GET', paths, seconds, bodyBytes: smallBytes });
  };
}

interface Requests {
  readonly method: string;
  readonly paths: readonly string[];
  readonly seconds: number;
  readonly bodyBytes?: number;
}

async function requestsPerSecond({ server, cluster }: Subject, options: Requests): Promise<number> {
  const { paths, ...rest } = options;
  const pathsFile = join(cluster.dir, 'paths.json');
  await writeFile(pathsFile, JSON.stringify(paths));
  const job = { mode: 'requests', port: server.port, pathsFile, connections, ...rest };
  const { count = 0, failed, seconds } = await runLoad(job);
  return failed > 0 ? 0 : count / seconds;
}

function largeDownload(target: Target): Measurement {
  return async ({ server, cluster, data }) => {
    const path = `/git-annex/${target(cluster)}/v4/key/${data.largeKey}?clientuuid=${clientUUID}`;
    const ran = await runLoad({ mode: 'download', port: server.port, path, bytes: largeBytes });
    return megabytesPerSecond(ran);
  };
}

function largeUpload(target: Target): Measurement {
  return async ({ server, cluster }) => {
    const uuid = target(cluster);
    const ran = await runLoad({ mode: 'upload', port: server.port, uuid, bytes: largeBytes });
    // The next upload finds the disk as this one did.
    const query = `key=${ran.key ?? ''}&clientuuid=${clientUUID}`;
    await fetch(`${server.url}${uuid}/v4/remove?${query}`, { method: 'POST' });
    return megabytesPerSecond(ran);
  };
}

function megabytesPerSecond({ bytes = 0, seconds, failed }: LoadResult): number {
  return failed > 0 ? 0 : bytes / 1e6 / seconds;
}

interface LoadResult {
  readonly seconds: number;
  readonly failed: number;
  readonly count?: number;
  readonly bytes?: number;
  readonly key?: string;
}

async function runLoad(job: Readonly<Record<string, unknown>>): Promise<LoadResult> {
  const child = spawn(process.execPath, [generator, JSON.stringify(job)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 60_000,
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const exitCode = await new Promise((resolve) => child.once('close', resolve));
  // A server that cuts connections or hangs is a figure of 0, not the end of the whole run.
  if (exitCode !== 0) return { seconds: 1, failed: 1 };
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as LoadResult;
}

// What is seen of real git-annex's work through `annexus up`: log lines, metrics, the status page, and the id of a request
// that failed, which git-annex shows its user.
import { randomBytes } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { StatusReport } from '../../src/node/observe/status-report.ts';
import { annexusProgram, releases, runIn, startIn, withTempDir, type Release } from '../support/git-annex.ts';
import { attribute, startOTLPReceiver, type ReceivedSpan } from '../support/otlp-receiver.ts';
import { parseExposition, type Exposition } from '../support/prometheus-text.ts';

const sizeBytes = 20_000_000;
const password = { user: 'alice', secret: 'se cret' };

interface Scenario {
  readonly dir: string;
  /** Of the server. */
  readonly url: string;
  /** Runs a command in the clone, as alice. */
  readonly run: (command: string, allow?: 'any') => Promise<string>;
  readonly ask: (path: string, headers?: Record<string, string>) => Promise<Response>;
  readonly metrics: () => Promise<Exposition>;
  readonly status: () => Promise<StatusReport>;
  readonly logged: () => Promise<readonly LogLine[]>;
  /** What the server's traces have by now; all of it when it has ended. */
  readonly spans: readonly ReceivedSpan[];
  /** Tells the server to end, and waits for that. */
  readonly end: () => Promise<{ readonly exitCode: number; readonly stderr: string }>;
}

interface LogLine {
  readonly event: string;
  readonly level: string;
  readonly requestId?: string;
  readonly path?: string;
  readonly user?: string;
  readonly status?: number;
  readonly bytesIn?: number;
  readonly bytesOut?: number;
}

async function withServer(release: Release, scenario: (server: Scenario) => Promise<void>): Promise<void> {
  await withTempDir(async (dir) => {
    const options = ['--metrics', '--status', '--log-file', 'log.json', '--log-format', 'json'];
    const argv = [process.execPath, annexusProgram, 'up', '--port', '0', '--authenv-http', ...options];
    await using collector = await startOTLPReceiver();
    const env = {
      [`GIT_ANNEX_P2PHTTP_PASSWORD_${password.user}`]: password.secret,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
    };
    await using up = startIn(dir, argv, { env });
    const [, url = ''] = await up.shows(/git clone .*(http:\/\/\S+)archive\.git/);
    const authorization = `Basic ${Buffer.from(`${password.user}:${password.secret}`).toString('base64')}`;
    const ask: Scenario['ask'] = (path, headers = {}) =>
      fetch(`${url}${path}`, { headers: { authorization, ...headers } });
    const helper = `!f() { test "$1" = get && printf 'username=%s\\npassword=%s\\n' '${password.user}' '${password.secret}'; }; f`;
    const client = {
      release,
      env: { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'credential.helper', GIT_CONFIG_VALUE_0: helper },
    };
    const allowed = 'annex.security.allowed-ip-addresses=127.0.0.1';
    await runIn(dir, ['git', 'clone', '--quiet', '-c', allowed, `${url}archive.git`, 'laptop'], client);
    await scenario({
      dir,
      url,
      ask,
      spans: collector.spans,
      run: async (command, allow) => {
        const words = ['bash', '-c', `${command} 2>&1`];
        return (await runIn(join(dir, 'laptop'), words, { ...client, allow: allow ?? [0] })).stdout;
      },
      metrics: async () => parseExposition(await (await ask('metrics')).text()),
      status: async () =>
        (await (await ask('status', { accept: 'application/json' })).json()) as StatusReport,
      logged: async () =>
        (await readFile(join(dir, 'log.json'), 'utf8'))
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => JSON.parse(line) as LogLine),
      end: async () => {
        up.child.kill('SIGTERM');
        return { exitCode: await up.ended, stderr: up.stderr() };
      },
    });
  });
}

async function until<T>(look: () => Promise<T>, holds: (found: T) => boolean): Promise<T> {
  const deadline = performance.now() + 15_000;
  for (;;) {
    const found = await look();
    if (holds(found)) return found;
    if (performance.now() > deadline) throw new Error(`still not: ${JSON.stringify(found)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe.each(releases())('with git-annex of the $name release', (release) => {
  test('a copy, a get and what fails are seen', async () => {
    await withServer(release, async (server) => {
      await writeFile(join(server.dir, 'laptop/scan.tif'), randomBytes(sizeBytes));
      await server.run('git annex init laptop && git annex add scan.tif');
      await server.run('git annex copy --to origin-cluster scan.tif && git annex drop scan.tif');
      await server.run('git annex get scan.tif');
      const key = (await server.run('git annex lookupkey scan.tif')).trim();

      await requestsAreLogged(server);
      await theyAreCounted(server);
      await theStatusShowsThem(server, key);
      await failuresAreFound(server);
      await onlyReadersLook(server);

      const { exitCode, stderr } = await server.end();
      expect(exitCode).toBe(0);
      const lines = stderr.split('\n').filter((line) => line !== '');
      expect(lines.length).toBeGreaterThan(5);
      for (const line of lines) expect(JSON.parse(line)).toHaveProperty('event');
      requestsAreTraced(server);
    });
  }, 60_000);
});

async function requestsAreLogged({ logged }: Scenario): Promise<void> {
  // Without credentials at first, which is answered 401.
  const isTransfer = ({ path, status }: LogLine): boolean =>
    status === 200 && /\/(put|key\/[^?]*)\?/.test(path ?? '');
  const lines = await until(logged, (found) => found.filter(isTransfer).length >= 2);
  const requests = lines.filter(({ event }) => event === 'request');
  const [put, get] = requests.filter(isTransfer);
  expect(put).toMatchObject({ level: 'info', user: password.user, status: 200 });
  expect(put?.bytesIn).toBeGreaterThanOrEqual(sizeBytes);
  expect(get).toMatchObject({ user: password.user, status: 200 });
  expect(get?.bytesOut).toBeGreaterThanOrEqual(sizeBytes);
  expect(new Set(requests.map(({ requestId }) => requestId)).size).toBe(requests.length);
  // git-annex drops only what it could lock elsewhere.
  expect(requests.some(({ path }) => path?.includes('/lockcontent?') === true)).toBe(true);
}

async function theyAreCounted({ metrics }: Scenario): Promise<void> {
  // The location log is looked at again some seconds apart.
  const found = await until(metrics, (seen) => seen.sum('annexus_node_used_bytes') === 3 * sizeBytes);
  expect(found.value('annexus_requests_total', { endpoint: 'put', status: '200' })).toBe(1);
  expect(found.value('annexus_requests_total', { endpoint: 'key', status: '200' })).toBe(1);
  expect(found.sum('annexus_request_bytes_total', { endpoint: 'put', direction: 'in' })).toBeGreaterThan(
    sizeBytes,
  );
  expect(found.sum('annexus_transfer_bytes_total', { direction: 'upload' })).toBe(3 * sizeBytes);
  expect(found.sum('annexus_transfer_bytes_total', { direction: 'download' })).toBe(sizeBytes);
  expect(found.sum('annexus_transfers_total', { outcome: 'done' })).toBe(4);
  expect(found.value('annexus_stored_keys_total')).toBe(1);
  expect(found.sum('annexus_node_up')).toBe(3);
  expect(found.sum('annexus_branch_commits_total')).toBeGreaterThan(0);
  expect(found.value('nodejs_eventloop_lag_p99_seconds')).toBeDefined();
}

async function theStatusShowsThem(server: Scenario, key: string): Promise<void> {
  const { repositories, version, locks } = await server.status();
  expect(version).toMatch(/^\d/);
  expect(locks).toEqual([]);
  const [repository] = repositories;
  expect(repository?.name).toBe('archive');
  expect(repository?.nodes.map(({ name }) => name)).toEqual(['node1', 'node2', 'node3']);
  for (const node of repository?.nodes ?? [])
    expect(node).toMatchObject({
      reachable: true,
      clusters: ['cluster'],
      usedBytes: sizeBytes,
      runningTransfers: 0,
    });
  // A client that takes its time.
  const cluster = repository?.clusters[0]?.uuid ?? '';
  const slow = new AbortController();
  const headers = {
    authorization: `Basic ${Buffer.from(`${password.user}:${password.secret}`).toString('base64')}`,
  };
  const path = `git-annex/${cluster}/v4/key/${key}?clientuuid=${cluster}&associatedfile=scan.tif`;
  const answer = await fetch(`${server.url}${path}`, { headers, signal: slow.signal });
  const { transfers } = await until(server.status, (found) => found.transfers.length === 1);
  expect(transfers[0]).toMatchObject({
    direction: 'download',
    key,
    file: 'scan.tif',
    totalBytes: sizeBytes,
    requestId: answer.headers.get('x-request-id'),
  });
  expect(transfers[0]?.node).toMatch(/^node[123]$/);
  const page = await (await server.ask('status')).text();
  expect(page).toContain('<bdi>scan.tif</bdi>');
  slow.abort();
  await until(server.status, (found) => found.transfers.length === 0);
}

/** git-annex shows the status line to its user, with `--debug` and without. */
async function failuresAreFound(server: Scenario): Promise<void> {
  for (const node of ['node1', 'node2', 'node3'])
    await rename(join(server.dir, `archive/${node}.git`), join(server.dir, `archive/${node}.away`));
  const shown = await server.run('git annex --debug copy --to origin-cluster scan.tif', 'any');
  const [, requestId] = /\[request ([0-9a-z-]+)\]/.exec(shown) ?? [];
  expect(shown).toMatch(/\[request [0-9a-z]+-/);
  const isIt = (line: LogLine): boolean => line.requestId === requestId;
  const lines = await until(server.logged, (found) =>
    found.some((line) => isIt(line) && line.event === 'request'),
  );
  const told = lines.filter(isIt);
  expect(told.find(({ event }) => event === 'request')).toMatchObject({ level: 'error', status: 502 });
  expect(told.find(({ event }) => event === 'request-failed')).toMatchObject({ level: 'warn' });
  expect((await server.metrics()).sum('annexus_node_up')).toBe(0);
  const [repository] = (await server.status()).repositories;
  expect(repository?.nodes[0]).toMatchObject({
    reachable: false,
    lastFailure: { operation: 'checkpresent' },
  });
  for (const node of ['node1', 'node2', 'node3']) {
    // What was under way when it was moved may have made a directory in its place.
    await rm(join(server.dir, `archive/${node}.git`), { recursive: true, force: true });
    await rename(join(server.dir, `archive/${node}.away`), join(server.dir, `archive/${node}.git`));
  }
  const again = await until(
    () => server.run('git annex copy --to origin-cluster scan.tif', 'any'),
    (said) => said.trimEnd().endsWith('ok'),
  );
  expect(again).not.toContain('failed');
  await until(server.metrics, (found) => found.sum('annexus_node_up') === 3);
  expect((await server.logged()).filter(({ event }) => event === 'node-back').length).toBeGreaterThan(0);
}

/** An upload to the cluster is one trace: the request, and three nodes that it went to. */
function requestsAreTraced({ spans }: Scenario): void {
  const put = spans.find(
    ({ name, attributes }) =>
      name === 'POST put' && attribute(attributes, 'http.response.status_code') === 200,
  );
  const parts = spans.filter(({ name, parentSpanId }) => name === 'node put' && parentSpanId === put?.spanId);
  expect(parts.map(({ traceId }) => traceId)).toEqual(Array(3).fill(put?.traceId));
  expect(attribute(put?.attributes ?? [], 'enduser.id')).toBe(password.user);
}

async function onlyReadersLook({ url, ask }: Scenario): Promise<void> {
  for (const path of ['status', 'metrics']) expect((await fetch(`${url}${path}`)).status).toBe(401);
  for (const path of ['healthz', 'readyz']) expect((await fetch(`${url}${path}`)).status).toBe(200);
  const page = await ask('status');
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
}

test('repositories beneath a directory are seen from when they are opened', async () => {
  await withTempDir(async (dir) => {
    for (const name of ['one', 'two']) {
      await runIn(dir, ['git', 'init', '--quiet', '--bare', `annexes/${name}.git`]);
      await runIn(join(dir, `annexes/${name}.git`), ['git', 'annex', 'init', name]);
    }
    const words = ['p2phttp', '--directory', 'annexes', '--wideopen', '--bind', '127.0.0.1', '--port', '0'];
    const argv = [process.execPath, annexusProgram, ...words, '--status', '--metrics'];
    await using server = startIn(dir, argv);
    const [, url = ''] = await server.shows(/listening on (http:\S+)/);
    const names = async (): Promise<readonly string[]> => {
      const answer = await fetch(`${url}status`, { headers: { accept: 'application/json' } });
      return ((await answer.json()) as StatusReport).repositories.map(({ name }) => name);
    };
    expect(await names()).toEqual([]);
    const one = ['git', 'config', 'annex.uuid'];
    const uuid = (await runIn(join(dir, 'annexes/one.git'), one)).stdout.trim();
    const path = `git-annex/${uuid}/v4/checkpresent?key=WORM-s1--absent&clientuuid=c`;
    expect((await fetch(`${url}${path}`, { method: 'POST' })).status).toBe(200);
    expect(await names()).toHaveLength(1);
    expect((await fetch(`${url}readyz`)).status).toBe(200);
    const metrics = parseExposition(await (await fetch(`${url}metrics`)).text());
    expect(metrics.value('annexus_requests_total', { endpoint: 'checkpresent', status: '200' })).toBe(1);
    expect(metrics.value('annexus_node_operations_total', { node: uuid, outcome: 'answered' })).toBe(1);
  });
}, 30_000);

// A trace reaches the nodes through everything that passes a context on.
import { expect, test } from 'vitest';
import { contextOf, GatewayBench, hashKey, nodeUUID, seededRng } from '../../test/support/gateway-bench.ts';
import { patterned, sendAll, uploadOf } from '../remote/conformance/check.ts';
import { newTrace } from '../types/trace-context.ts';
import { ObservedRemote } from './observed-remote.ts';

const content = patterned(1000, 1);
const key = hashKey(content);

test('what a cluster and a proxied remote ask of their nodes is a part of the request', async () => {
  const bench = new GatewayBench();
  const { clock, report } = bench;
  const nodes = [0, 1].map(
    (index) => new ObservedRemote(bench.memory(index), { clock, report, rng: seededRng(index) }),
  );
  const trace = newTrace(true, seededRng(9));
  const context = { ...contextOf(), trace };
  const cluster = bench.cluster(nodes.map((node) => bench.node(node)));
  const proxied = bench.proxied(nodes[0]!);
  for (const remote of [cluster, proxied]) {
    const upload = uploadOf(await remote.store(key, {}, context));
    await sendAll(upload, content);
    await upload.finish('valid');
    await remote.checkPresent(key, context);
    const found = await remote.retrieve(key, { offset: 0 }, context);
    for await (const _chunk of found?.chunks ?? []);
    await remote.lockContent(hashKey(patterned(5, 5)), context);
    await remote.remove(key, {}, context);
  }
  const operations = bench.events.filter((event) => event.type === 'node-operation');
  expect(new Set(operations.map(({ operation }) => operation))).toEqual(
    new Set(['put', 'checkpresent', 'get', 'lockcontent', 'remove']),
  );
  expect(new Set(operations.map(({ node }) => node))).toEqual(new Set([nodeUUID(0), nodeUUID(1)]));
  for (const operation of operations) {
    expect(operation).toMatchObject({ trace: { traceId: trace.traceId, parentSpanId: trace.spanId } });
  }
});

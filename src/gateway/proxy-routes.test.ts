// Which gateways of proxy.log serve a node by themselves, and which through another.
import { expect, test } from 'vitest';
import type { ProxiedRemote } from '../logs/proxy-log.ts';
import type { UUID } from '../types/uuid.ts';
import { gatewaysOnTheWay, servedElsewhere, type Proxies } from './proxy-routes.ts';

const uuid = (name: string): UUID => name as UUID;
const entry = (node: string, name: string): ProxiedRemote => ({ uuid: uuid(node), name });

/** `ams` serves n1 and n2, `nyc` serves n3, each reaches the other; `far` reaches ams through nyc. */
const proxies: Proxies = new Map([
  [uuid('AMS'), [entry('N1', 'n1'), entry('N2', 'n2'), entry('N3', 'nyc-n3')]],
  [uuid('NYC'), [entry('N1', 'ams-n1'), entry('N2', 'ams-n2'), entry('N3', 'n3')]],
  [uuid('FAR'), [entry('N1', 'nyc-ams-n1'), entry('N3', 'nyc-n3')]],
]);

test('what is only reached through us is not served elsewhere', () => {
  expect(servedElsewhere(proxies, uuid('AMS'))).toEqual(new Set(['N3']));
  expect(servedElsewhere(proxies, uuid('NYC'))).toEqual(new Set(['N1', 'N2']));
  expect(servedElsewhere(proxies, uuid('FAR'))).toEqual(new Set(['N1', 'N2', 'N3']));
  expect(servedElsewhere(new Map(), uuid('FAR'))).toEqual(new Set());
});

test('the same node under unrelated names is served by both', () => {
  const both: Proxies = new Map([
    [uuid('AMS'), [entry('N1', 'n1')]],
    [uuid('NYC'), [entry('N1', 'disk'), entry('N2', 'other-n1')]],
  ]);
  expect(servedElsewhere(both, uuid('AMS'))).toEqual(new Set(['N1', 'N2']));
});

test('the gateways on the way', () => {
  expect(gatewaysOnTheWay(entry('N1', 'n1'), proxies)).toBe(0);
  expect(gatewaysOnTheWay(entry('N1', 'ams-n1'), proxies)).toBe(1);
  expect(gatewaysOnTheWay(entry('N1', 'nyc-ams-n1'), proxies)).toBe(2);
  expect(gatewaysOnTheWay(entry('N9', 'nyc-ams-n1'), proxies)).toBe(0);
});

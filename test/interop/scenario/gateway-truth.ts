// Where content is, as the disks of all nodes tell, and whether every gateway's whereis says the same.
import { locationsIn, objectsIn } from './examine.ts';
import type { GatewaySide } from './gateways.ts';

/** UUIDs of the nodes that have each key. */
export async function onDisks(sides: readonly GatewaySide[]): Promise<Map<string, Set<string>>> {
  const truth = new Map<string, Set<string>>();
  for (const node of sides.flatMap(({ nodes }) => nodes)) {
    for (const key of (await objectsIn(node)).keys()) {
      truth.set(key, (truth.get(key) ?? new Set()).add(node.uuid));
    }
  }
  return truth;
}

/** The nodes' names, sorted, for people to read and to compare. */
export function namesOf(uuids: Iterable<string>, sides: readonly GatewaySide[]): string {
  const nodes = sides.flatMap((side) => side.nodes);
  const names = Array.from(uuids, (uuid) => nodes.find((node) => node.uuid === uuid)?.name ?? uuid);
  return names.sort().join(', ');
}

/** What any gateway's whereis gets wrong about any node. @param keys by the names of files */
export async function whereisDifferences(
  sides: readonly GatewaySide[],
  keys: ReadonlyMap<string, string>,
): Promise<readonly string[]> {
  const truth = await onDisks(sides);
  const nodes = new Set(sides.flatMap((side) => side.nodes.map(({ uuid }) => uuid)));
  const differences: string[] = [];
  for (const { name, repository } of sides) {
    const known = await locationsIn(repository);
    for (const [file, key] of keys) {
      const told = namesOf(
        [...(known.get(key) ?? [])].filter((uuid) => nodes.has(uuid)),
        sides,
      );
      const there = namesOf(truth.get(key) ?? [], sides);
      if (told !== there) differences.push(`${name} says ${file} is on ${told}, and it is on ${there}`);
    }
  }
  return differences;
}

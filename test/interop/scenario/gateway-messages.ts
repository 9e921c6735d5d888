// Which messages reached the nodes and the gateways, and whether any came twice: what changes content is told once for each
// time that it was asked for, on each way. Ours tells the other gateways of each other, so from it there is one way to a node.
// git-annex tells them of itself alone, and each of them asks the other.
import type { GatewaySide, Gateways } from './gateways.ts';
import type { ToldMessage } from './recorded-shell.ts';

/** What a client did through a gateway. */
export interface Asked {
  readonly command: 'copy' | 'get' | 'drop';
  readonly through: GatewaySide;
  readonly key: string;
}

export interface Told {
  /** All messages about keys. */
  readonly count: number;
  /** Descriptions of what was told too often. */
  readonly repeated: readonly string[];
}

export async function messagesTold(gateways: Gateways, asked: readonly Asked[]): Promise<Told> {
  const { recorded, sides } = gateways;
  let count = 0;
  const repeated: string[] = [];
  for (const { place, ways } of placesOf(sides)) {
    const messages = place.onHTTP ?? (await recorded.told(place.name));
    count += messages.length;
    const times = new Map<string, number>();
    for (const message of messages) {
      const command = commandOf(message);
      if (command === undefined) continue;
      const { type, key, way } = message;
      // Conversations are used again by other ways, requests are not.
      const on = place.onHTTP === undefined ? '' : ` by ${way}`;
      const name = `${place.name}: ${type} ${key}${on}`;
      times.set(name, (times.get(name) ?? 0) + 1);
      const most = asked
        .filter((one) => one.command === command && one.key === key)
        .filter(({ through }) => on === '' || way.startsWith(through.repository.uuid))
        .reduce((sum, { through }) => sum + (on === '' ? ways(through) : 1), 0);
      if ((times.get(name) ?? 0) > most)
        repeated.push(`${name}, ${times.get(name)} times instead of ${most}`);
    }
  }
  return { count, repeated };
}

interface Place {
  readonly place: { readonly name: string; readonly onHTTP?: readonly ToldMessage[] };
  /** How many ways lead there from where a client asked. */
  readonly ways: (from: GatewaySide) => number;
}

function placesOf(sides: readonly GatewaySide[]): readonly Place[] {
  return sides.flatMap((side): readonly Place[] => {
    const others = sides.filter((other) => other !== side);
    return [
      { place: { name: side.name, onHTTP: overHTTP(side.log()) }, ways: () => 1 },
      ...side.nodes.map(({ name }) => ({
        place: { name },
        ways: (from: GatewaySide) => (from !== side && from.name === 'real' ? others.length : 1),
      })),
      ...others.map((other) => ({
        place: { name: `${side.name}-${other.name}` },
        ways: (from: GatewaySide) => Number(from === side),
      })),
    ];
  });
}

/** What changes content; undefined for questions. */
function commandOf({ type, hasData }: ToldMessage): Asked['command'] | undefined {
  if (type === 'PUT') return hasData ? 'copy' : undefined;
  return type.startsWith('REMOVE') ? 'drop' : undefined;
}

/** What other gateways asked of one of ours over HTTP. Clients tell of no way. */
function overHTTP(log: string): readonly ToldMessage[] {
  const messages: ToldMessage[] = [];
  for (const [, type = '', query = ''] of log.matchAll(
    / path=\/git-annex\/[^/]+\/v4\/(put|remove(?:-before)?)\?(\S*) /g,
  )) {
    const parameters = new URLSearchParams(query);
    const way = parameters.getAll('bypass').join(' ');
    if (way !== '')
      messages.push({ type: type.toUpperCase(), key: parameters.get('key') ?? '', way, hasData: true });
  }
  return messages;
}

// Which messages reached the nodes and the gateways, and whether any came twice: a node may be told the same more than once
// only where it was asked for more than once, or by different ways.
import type { Gateways, GatewaySide } from './gateways.ts';
import type { ToldMessage } from './recorded-shell.ts';

/** What a client did through a gateway. */
export interface Asked {
  readonly command: 'copy' | 'get' | 'drop';
  readonly through: GatewaySide;
  readonly key: string;
}

export interface Told {
  readonly count: number;
  /** Descriptions of what was told too often. */
  repeated(asked: readonly Asked[]): readonly string[];
}

export async function messagesTold({ sides, recorded }: Gateways): Promise<Told> {
  const places = [
    ...sides.flatMap(({ nodes }) => nodes.map(({ name }) => name)),
    ...sides.flatMap((one) => sides.map((other) => `${one.name}-${other.name}`)),
  ];
  const told: { readonly place: string; readonly message: ToldMessage }[] = [];
  for (const place of places) {
    for (const message of await recorded.told(place)) told.push({ place, message });
  }
  for (const { name, log } of sides) {
    for (const message of overHTTP(log())) told.push({ place: name, message });
  }
  return {
    count: told.length,
    repeated: (asked) => {
      const counts = new Map<string, number>();
      const wrong: string[] = [];
      for (const { place, message } of told) {
        const { type, key, way } = message;
        const gateways = way.split(' ');
        if (new Set(gateways).size < gateways.length) wrong.push(`${place} was told of the way ${way}`);
        const command = commandOf(message);
        if (command === undefined) continue;
        const name = `${place}: ${type} ${key} by ${gateways.map((uuid) => nameOf(uuid, sides)).join(' > ')}`;
        const times = (counts.get(name) ?? 0) + 1;
        counts.set(name, times);
        const wanted = asked.filter(
          (one) => one.command === command && one.key === key && one.through.repository.uuid === gateways[0],
        );
        if (times > wanted.length) wrong.push(`${name}, ${times} times for ${wanted.length}`);
      }
      return wrong;
    },
  };
}

/** What changes content; undefined for questions. */
function commandOf({ type, hasData }: ToldMessage): Asked['command'] | undefined {
  if (type === 'PUT') return hasData ? 'copy' : undefined;
  return type.startsWith('REMOVE') ? 'drop' : undefined;
}

/** What other gateways asked of ours over HTTP; clients have no way to tell of. */
function overHTTP(log: string): readonly ToldMessage[] {
  const messages: ToldMessage[] = [];
  for (const [, type = '', query = ''] of log.matchAll(/ path=\/git-annex\/[^/]+\/v4\/(put|remove(?:-before)?)\?(\S*) /g)) {
    const parameters = new URLSearchParams(query);
    const way = parameters.getAll('bypass').join(' ');
    if (way === '') continue;
    messages.push({ type: type.toUpperCase(), key: parameters.get('key') ?? '', way, hasData: true });
  }
  return messages;
}

function nameOf(uuid: string, sides: readonly GatewaySide[]): string {
  return sides.find(({ repository }) => repository.uuid === uuid)?.name ?? uuid;
}

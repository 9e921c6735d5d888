// A shell for remote.NAME.annex-shell that keeps what it is told in the line protocol, so that a test can tell which
// messages reached a repository, and by which way: the BYPASS of a conversation names the gateways on it in their order.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface ToldMessage {
  /** PUT, REMOVE, REMOVE-BEFORE, GET and so on. */
  readonly type: string;
  readonly key: string;
  /** UUIDs of gateways, as the conversation was told; empty where it was told of none. */
  readonly way: string;
  /** Of PUT: whether content followed. Who only wants to know an offset sends no byte. */
  readonly hasData: boolean;
}

export interface RecordingShell {
  /** The words for remote.NAME.annex-shell: records as `name` and runs `shell`. */
  words(name: string, shell: string): string;
  /** What `name` was told so far about keys. */
  told(name: string): Promise<readonly ToldMessage[]>;
}

/** Keeps its files in `dir`, an existing directory whose name no shell splits. */
export async function recordingShell(dir: string): Promise<RecordingShell> {
  const program = join(dir, 'record');
  await writeFile(program, script);
  return {
    words: (name, shell) => `sh ${program} ${join(dir, name)} ${shell}`,
    told: async (name) => {
      const files = (await readdir(dir)).filter((file) => file.startsWith(`${name}.`));
      const streams = await Promise.all(files.map(async (file) => await readFile(join(dir, file))));
      return streams.flatMap(messagesIn);
    },
  };
}

/** One conversation: lines, and after DATA its bytes. */
function messagesIn(stream: Buffer): readonly ToldMessage[] {
  const messages: ToldMessage[] = [];
  let way = '';
  for (let at = 0; at < stream.length; ) {
    const end = stream.indexOf('\n', at);
    const line = stream.subarray(at, end === -1 ? stream.length : end).toString('latin1');
    at += line.length + 1;
    const [type = '', ...words] = line.split(' ');
    if (type === 'BYPASS') way = words.join(' ');
    else if (type === 'DATA') {
      const lengthBytes = Number(words[0]);
      at += lengthBytes;
      const last = messages.pop();
      if (last !== undefined) messages.push({ ...last, hasData: lengthBytes > 0 });
    } else if (aboutKeys.has(type)) messages.push({ type, key: words.at(-1) ?? '', way, hasData: false });
  }
  return messages;
}

const aboutKeys = new Set(['CHECKPRESENT', 'LOCKCONTENT', 'REMOVE', 'REMOVE-BEFORE', 'GET', 'PUT']);

const script = `log=$1
shift
case " $* " in
  *" p2pstdio "*) tee "$(mktemp "$log.XXXXXXXX")" | "$@" ;;
  *) exec "$@" ;;
esac
`;

// What the clients of fixtures/p2p say, as bytes.
import type { ByteString } from '../../../src/util/byte-string.ts';
import { readFixtures } from '../../interop/transcripts/fixtures.ts';
import {
  contentBytes,
  fillIn,
  namedContent,
  type NamedContent,
  type Names,
} from '../../interop/transcripts/names.ts';
import type { Conversation, Setting } from '../../interop/transcripts/transcript.ts';

export interface Recorded {
  readonly said: ByteString;
  readonly contents: readonly NamedContent[];
}

export async function recordedConversations(uuid: string): Promise<readonly Recorded[]> {
  const transcripts = await readFixtures();
  return transcripts.flatMap(({ name, settings, conversations }) =>
    conversations.map((conversation) =>
      record(`${name}/${conversation.title}`, { uuid, settings, conversation }),
    ),
  );
}

function record(
  seed: string,
  {
    uuid,
    settings,
    conversation,
  }: { readonly uuid: string; readonly settings: readonly Setting[]; readonly conversation: Conversation },
): Recorded {
  const contents = [...settings, ...conversation.settings].flatMap((setting) =>
    setting.name === 'content' ? [namedContent(seed, setting.value)] : [],
  );
  // Whoever is meant, it is the one that is spoken with.
  const names: Names = {
    contents,
    uuids: { get: () => uuid } as unknown as Names['uuids'],
    dirs: { get: () => '/x' } as unknown as Names['dirs'],
  };
  const said = conversation.steps.map((step) => {
    if (step.type === 'send') return `${fillIn(step.text, names)}${step.ended ? '\n' : ''}`;
    return step.type === 'send-content' ? contentBytes(step.text, names).toString('latin1') : '';
  });
  return { said: said.join(''), contents };
}

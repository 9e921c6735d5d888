/**
 * Names and passwords from git's credential helpers, as git-annex's client asks for them: about the annex+http URL as it
 * is written, so with protocol `annex+http` and the path (interop reference §6.11), or about the git remote's own URL
 * where that is on the same host, since that password is likely to be stored already.
 *
 *     C: git credential fill      url=annex+https://example.com/git-annex/
 *     S: protocol=annex+https, host=example.com, username=..., password=...
 *
 * Nobody is asked on a terminal: a gateway runs without one.
 */

import type { CredentialSource } from '../../../p2p/http/client/credential-source.ts';
import type { Credentials } from '../../../p2p/http/access.ts';
import { bytesToByteString, byteStringToBytes, type ByteString } from '../../../util/byte-string.ts';
import type { GitRepository } from '../../git/git-repository.ts';

export interface GitCredentialOptions {
  readonly repository: Pick<GitRepository, 'run'>;
  /** Without a user and password. */
  readonly url: ByteString;
}

export class GitCredential implements CredentialSource {
  readonly #options: GitCredentialOptions;
  /** What git said, to be given back as it is. */
  readonly #answers: Map<string, ByteString> = new Map<string, ByteString>();

  constructor(options: GitCredentialOptions) {
    this.#options = options;
  }

  async fill(): Promise<Credentials | undefined> {
    const { url } = this.#options;
    // A line break would be another line of what git is asked.
    if (/[\n\r\0]/.test(url)) return undefined;
    // Where no helper knows any, git wants a terminal and fails.
    const answer = await this.#ask('fill', `url=${url}\n\n`);
    const user = valueOf(answer, 'username');
    const password = valueOf(answer, 'password');
    if (user === undefined || password === undefined) return undefined;
    this.#answers.clear();
    this.#answers.set(nameOf({ user, password }), answer);
    return { user, password };
  }

  async approve(credentials: Credentials): Promise<void> {
    await this.#tell('approve', credentials);
  }

  async reject(credentials: Credentials): Promise<void> {
    await this.#tell('reject', credentials);
  }

  async #tell(verb: 'approve' | 'reject', credentials: Credentials): Promise<void> {
    const answer = this.#answers.get(nameOf(credentials));
    if (answer !== undefined) await this.#ask(verb, answer);
  }

  async #ask(verb: string, input: ByteString): Promise<ByteString> {
    const result = await this.#options.repository.run(['credential', verb], {
      input: byteStringToBytes(input),
      env: { GIT_TERMINAL_PROMPT: '0' },
      allow: [0, 128],
      signal: undefined,
      maxOutputBytes: 65_536,
    });
    return result.exitCode === 0 ? bytesToByteString(result.stdout) : '';
  }
}

function valueOf(answer: ByteString, name: string): ByteString | undefined {
  const line = answer.split('\n').find((text) => text.startsWith(`${name}=`));
  return line?.slice(name.length + 1);
}

function nameOf({ user, password }: Credentials): string {
  return `${user}\n${password}`;
}

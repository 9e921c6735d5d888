/**
 * Who is asking. Identifiers (htpasswd, tokens, an external decision) are asked one after the other until one knows; none
 * of them knows of roles, save that a decision made elsewhere may bring the permission with it.
 */

import type { Glob } from '../../../preferred-content/glob.ts';
import type { Action, Asker } from '../access.ts';
import type { HttpReply } from '../message.ts';
import type { Permission, Role } from './role.ts';

export type Identity =
  | {
      readonly type: 'user';
      /** Undefined: let in without a name. */
      readonly user: string | undefined;
      /** A token gives no more than this, and only there. */
      readonly limit?:
        | { readonly role: Role; readonly repositories: readonly Glob[] | undefined }
        | undefined;
      /** Decided elsewhere: rules are not asked. */
      readonly permission?: Permission | undefined;
    }
  /** Came without credentials. */
  | { readonly type: 'anonymous' }
  /** The credentials are nobody's. */
  | { readonly type: 'rejected' }
  /** It cannot be known now; what anyone may do is granted all the same. */
  | { readonly type: 'undecided'; readonly reply: HttpReply }
  /** The answer whatever rules say: a no from elsewhere, or none where rules alone do not decide. */
  | { readonly type: 'reply'; readonly reply: HttpReply };

export interface Question {
  readonly asker: Asker;
  readonly action: Action;
  /** Its name; undefined: the server itself. */
  readonly repository: string | undefined;
}

export interface Identifier {
  /** Undefined: not known here, others may be asked. */
  identify(question: Question): Promise<Identity | undefined>;
}

/** The first that knows. @returns an Identifier that always knows */
export function firstToKnow(identifiers: readonly Identifier[]): (question: Question) => Promise<Identity> {
  return async (question) => {
    for (const identifier of identifiers) {
      const identity = await identifier.identify(question);
      if (identity !== undefined) return identity;
    }
    return { type: hasCredentials(question.asker) ? 'rejected' : 'anonymous' };
  };
}

export function hasCredentials({ credentials, token }: Asker): boolean {
  return credentials !== undefined || token !== undefined;
}

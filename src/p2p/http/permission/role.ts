/**
 * What someone may do in a repository, from least to most: `read` gets content and clones, `append` stores and pushes
 * what moves nothing back, `write` removes too, and `admin` also sees what the server tells of itself.
 */

import type { ServerMode } from '../../../remote/remote.ts';
import type { Action } from '../access.ts';

export type Role = 'read' | 'append' | 'write' | 'admin';

export const roles: readonly Role[] = ['read', 'append', 'write', 'admin'];

export function parseRole(text: string): Role | undefined {
  return roles.find((role) => role === text);
}

/** What someone may do in one place. */
export interface Permission {
  readonly role: Role;
  /** Whether a reader may lock content, which keeps others from removing it; whoever may append always may. */
  readonly locking: boolean;
}

export function permits({ role, locking }: Permission, action: Action): boolean {
  if (action === 'lock' && locking) return true;
  return roles.indexOf(role) >= roles.indexOf(leastRole[action]);
}

/** The role that an action asks for. */
export const leastRole: Readonly<Record<Action, Role>> = {
  read: 'read',
  lock: 'append',
  write: 'append',
  push: 'append',
  remove: 'write',
};

export const modeOf: Readonly<Record<Role, ServerMode>> = {
  read: 'readonly',
  append: 'appendonly',
  write: 'readwrite',
  admin: 'readwrite',
};

/** What either gives. */
export function more(left: Permission | undefined, right: Permission): Permission {
  if (left === undefined) return right;
  const role = roles.indexOf(left.role) < roles.indexOf(right.role) ? right.role : left.role;
  return { role, locking: left.locking || right.locking };
}

/** What is left of a permission under a role that limits it. */
export function atMost(permission: Permission, limit: Role): Permission {
  const role = roles.indexOf(permission.role) < roles.indexOf(limit) ? permission.role : limit;
  return { role, locking: permission.locking };
}

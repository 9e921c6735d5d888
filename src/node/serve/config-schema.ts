/**
 * What the configuration of `annexus serve` may say (doc/serve/configuration.md explains each word). Every object is
 * closed: a word that nobody knows is an error, since a limit that was misspelled limits nothing.
 */

import {
  array,
  boolean,
  check,
  integer,
  literal,
  maxValue,
  minLength,
  minValue,
  number,
  optional,
  picklist,
  pipe,
  record,
  safeParse,
  strictObject,
  string,
  transform,
  union,
  variant,
  type BaseIssue,
  type GenericSchema,
} from 'valibot';
import { roles } from '../../p2p/http/permission/role.ts';
import { isRepositoryName } from '../../p2p/http/repository-path.ts';
import { trustedProxies } from '../http/trusted-proxies.ts';
import { parseListen } from './listen-address.ts';
import type { ServeConfig } from './serve-config.ts';

const text = pipe(string(), minLength(1, 'it is empty'));
const texts = union([
  pipe(
    text,
    transform((one) => [one]),
  ),
  pipe(array(text), minLength(1, 'it is empty')),
]);
const amount = pipe(number(), integer('a whole number is wanted'), minValue(1, 'at least 1 is wanted'));
const seconds = pipe(number(), minValue(0, 'it is below zero'), maxValue(86_400, 'it is more than a day'));

const repositoryName = pipe(
  text,
  check(
    isRepositoryName,
    'a name has letters, digits, spaces and _.,+@~()- between its slashes, does not begin like a path of the server, and has no part that is called files or git-annex or ends with .git',
  ),
);

const origin = pipe(
  text,
  check((value) => value === '*' || originOf(value) === value, 'an origin is like https://example.org'),
);

function originOf(value: string): string | undefined {
  return URL.canParse(value) ? new URL(value).origin : undefined;
}

const webURL = pipe(
  text,
  check(
    (value) => URL.canParse(value) && /^https?:$/.test(new URL(value).protocol),
    'it is no URL of http or https',
  ),
);

const limitAmounts = strictObject({
  requestsPerMinute: optional(amount),
  simultaneous: optional(amount),
  uploadBytesPerSecond: optional(amount),
  downloadBytesPerSecond: optional(amount),
});

const rule = strictObject({
  role: picklist(roles, `a role is one of ${roles.join(', ')}`),
  users: optional(texts),
  groups: optional(texts),
  repositories: optional(texts),
  paths: optional(texts),
  locking: optional(boolean()),
});

const sendfile = variant(
  'header',
  [
    strictObject({ header: literal('X-Accel-Redirect'), root: text, prefix: text }),
    strictObject({ header: literal('X-Sendfile'), root: text }),
  ],
  'the header is X-Accel-Redirect or X-Sendfile',
);

export const configSchema: GenericSchema<unknown, ServeConfig> = strictObject({
  listen: optional(
    pipe(
      texts,
      check((places) => places.every((place) => parseListen(place) !== undefined), listenHelp()),
    ),
    '127.0.0.1:9417',
  ),
  tls: optional(strictObject({ certificate: text, key: text, chain: optional(texts) })),
  url: optional(webURL),
  trustedProxies: optional(
    pipe(
      texts,
      check(
        (proxies) => trustedProxies(proxies) !== undefined,
        'addresses are wanted, networks such as 10.0.0.0/8, or the word unix',
      ),
    ),
  ),
  repositories: optional(record(repositoryName, union([text, strictObject({ path: text })]))),
  directories: optional(
    pipe(array(strictObject({ path: text, prefix: optional(repositoryName) })), minLength(1, 'it is empty')),
  ),
  git: optional(boolean(), true),
  files: optional(boolean(), true),
  users: optional(
    strictObject({
      htpasswd: optional(text),
      tokens: optional(text),
      groups: optional(record(text, texts)),
      external: optional(
        strictObject({
          url: webURL,
          decides: optional(picklist(['permission', 'user']), 'permission'),
          forwardURI: optional(boolean()),
          readersLock: optional(boolean()),
          keepSeconds: optional(seconds),
          timeoutSeconds: optional(seconds),
        }),
      ),
    }),
    {},
  ),
  access: optional(array(rule), []),
  limits: optional(
    strictObject({
      connections: optional(amount),
      lockedFiles: optional(amount),
      gitPrograms: optional(amount),
      connectionsPerAddress: optional(amount),
      perAddress: optional(limitAmounts),
      perUser: optional(limitAmounts),
    }),
    {},
  ),
  sendfile: optional(sendfile),
  cors: optional(strictObject({ origins: pipe(array(origin), minLength(1, 'it is empty')) })),
  log: optional(
    strictObject({
      format: optional(picklist(['text', 'json'])),
      file: optional(text),
      debug: optional(boolean()),
      audit: optional(text),
    }),
    {},
  ),
  metrics: optional(boolean(), false),
  status: optional(boolean(), false),
  clusterJobs: optional(union([literal('cpus'), amount])),
  proxyConnections: optional(amount),
  closeSeconds: optional(seconds),
});

/** The configuration with what is not said filled in, or all that is wrong with it. */
export function checkConfig(value: unknown): CheckedConfig {
  const parsed = safeParse(configSchema, value);
  return parsed.success ? { config: parsed.output } : { issues: parsed.issues };
}

export type CheckedConfig =
  | { readonly config: ServeConfig }
  | { readonly issues: readonly BaseIssue<unknown>[] };

function listenHelp(): string {
  return 'a place is ADDRESS:PORT, :PORT (all addresses), unix:PATH, or systemd (sockets that it passes)';
}

/** The configuration of `annexus serve`, checked, with what was not said filled in (doc/serve/configuration.md). */

import type { RuleText } from '../../p2p/http/permission/compile-rules.ts';

export interface ServeConfig {
  /** Each as `parseListen` reads it. */
  readonly listen: readonly string[];
  readonly tls?: TLSConfig | undefined;
  /** Where clients see the server, if a proxy stands before it. */
  readonly url?: string | undefined;
  /** Addresses, and networks in CIDR notation, whose X-Forwarded-For, -Proto and X-Request-Id are believed. */
  readonly trustedProxies?: readonly string[] | undefined;
  /** By name: the path of each, or more. */
  readonly repositories?: Readonly<Record<string, string | { readonly path: string }>> | undefined;
  /** All repositories beneath a directory, by their paths below it. */
  readonly directories?: readonly DirectoryConfig[] | undefined;
  readonly git: boolean;
  readonly files: boolean;
  readonly users: UsersConfig;
  readonly access: readonly RuleText[];
  readonly limits: LimitsConfig;
  readonly sendfile?: SendfileConfig | undefined;
  readonly cors?: { readonly origins: readonly string[] } | undefined;
  readonly log: LogConfig;
  readonly metrics: boolean;
  readonly status: boolean;
  readonly clusterJobs?: 'cpus' | number | undefined;
  readonly proxyConnections?: number | undefined;
  /** For how long running requests may go on when the server ends. */
  readonly closeSeconds?: number | undefined;
}

export interface TLSConfig {
  readonly certificate: string;
  readonly key: string;
  readonly chain?: readonly string[] | undefined;
}

export interface DirectoryConfig {
  readonly path: string;
  readonly prefix?: string | undefined;
}

export interface UsersConfig {
  readonly htpasswd?: string | undefined;
  readonly tokens?: string | undefined;
  readonly groups?: Readonly<Record<string, readonly string[]>> | undefined;
  readonly external?: ExternalConfig | undefined;
}

export interface ExternalConfig {
  readonly url: string;
  readonly decides: 'permission' | 'user';
  readonly forwardURI?: boolean | undefined;
  readonly readersLock?: boolean | undefined;
  readonly keepSeconds?: number | undefined;
  readonly timeoutSeconds?: number | undefined;
}

export interface LimitsConfig {
  readonly connections?: number | undefined;
  readonly lockedFiles?: number | undefined;
  /** Of git, at once. */
  readonly gitPrograms?: number | undefined;
  readonly connectionsPerAddress?: number | undefined;
  readonly perAddress?: AmountsConfig | undefined;
  readonly perUser?: AmountsConfig | undefined;
}

export interface AmountsConfig {
  readonly requestsPerMinute?: number | undefined;
  readonly simultaneous?: number | undefined;
  readonly uploadBytesPerSecond?: number | undefined;
  readonly downloadBytesPerSecond?: number | undefined;
}

export type SendfileConfig =
  | { readonly header: 'X-Accel-Redirect'; readonly root: string; readonly prefix: string }
  | { readonly header: 'X-Sendfile'; readonly root: string };

export interface LogConfig {
  readonly format?: 'text' | 'json' | undefined;
  readonly file?: string | undefined;
  readonly debug?: boolean | undefined;
  readonly audit?: string | undefined;
}

// `annexus serve` over what a test has made, as its users start it.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { annexusProgram, runIn, startIn, type Release, type Running } from '../../support/git-annex.ts';

export const annexus: readonly string[] = [process.execPath, annexusProgram];

export interface Site extends AsyncDisposable {
  /** NaN where it listens on a unix socket alone. */
  readonly port: number;
  readonly running: Running;
}

/** @param config without `listen`: any free port of 127.0.0.1, unless `listen` is given */
export async function startSite(dir: string, config: string): Promise<Site> {
  const listen = /^listen:/m.test(config) ? '' : 'listen: 127.0.0.1:0\n';
  await writeFile(join(dir, 'annexus.yaml'), listen + config);
  const running = startIn(dir, [...annexus, 'serve', 'annexus.yaml']);
  try {
    const port = Number((await running.shows(/listening\W.*?(?:https?:\/\/[^\s"]+:(\d+)\/|unix:)/))[1]);
    return { port, running, [Symbol.asyncDispose]: async () => await running[Symbol.asyncDispose]() };
  } catch (error) {
    await running[Symbol.asyncDispose]();
    throw error;
  }
}

/** A bare annex with a branch `main` of these annexed files, made by real git-annex. */
export async function makeServed(
  dir: string,
  path: string,
  { release, files = {} }: { readonly release: Release; readonly files?: Readonly<Record<string, string>> },
): Promise<{ readonly uuid: string }> {
  const at = join(dir, path);
  const work = `${at}.work`;
  const script = Object.entries(files)
    .map(([name, content]) => `mkdir -p "$(dirname '${name}')"; printf %s '${content}' > '${name}'`)
    .join('\n');
  const ran = await runIn(
    dir,
    [
      'bash',
      '-ec',
      `git init -q --bare '${at}'; git -C '${at}' annex init -q served
      git clone -q '${at}' '${work}' 2>&1; cd '${work}'; git annex init -q work
      ${script}
      git commit -q --allow-empty -m empty
      if [ -n "$(ls)" ]; then git annex add -q .; git commit -q -m files; fi
      git push -q origin main git-annex
      if [ -n "$(ls)" ]; then git annex copy -q --to origin .; fi
      cd ..; chmod -R u+w '${work}'; rm -r '${work}'; git -C '${at}' config annex.uuid`,
    ],
    { release },
  );
  return { uuid: ran.stdout.trim().split('\n').at(-1) ?? '' };
}

// As `htpasswd -B` wrote the first once, and another maker's argon2 the second.
const annLine = 'ann:$2y$05$WCNrWc8O8kac1sGW3dbpxOnU4ui.JrDOT1NeBQtMwKLQtrmwhUO5u';
const bobLine =
  'bob:$argon2id$v=19$m=7168,t=2,p=1$YW5uZXh1cy1zYWx0LTE2Yg$U18DC17lhffmbZHXH0OxD+4LJSoZdZGE16vCrgLTEds';

/** A file of two users for `users.htpasswd`. */
export const htpasswd: string = `${annLine}\n${bobLine}\n`;
export const passwords = { ann: 'secret of ann', bob: 'ñ:secret of bob' } as const;

/** A credential helper of git's that knows one password. */
export function credentialHelper(user: keyof typeof passwords): string {
  return `!f() { test "$1" = get && printf "username=%s\\npassword=%s\\n" ${user} "${passwords[user]}"; }; f`;
}

// A real nginx for tests, with the configuration of one server, and all that it writes in one directory.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { freePort, untilListening } from './free-port.ts';

export interface Nginx extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
}

export interface NginxOptions {
  readonly dir: string;
  /** What stands in its `server` block, beside `listen`. */
  readonly server?: string;
  /** In place of that, what stands in its `http` block, for a port. */
  readonly http?: (port: number) => string;
}

export async function startNginx(options: NginxOptions): Promise<Nginx> {
  const program = programs.find((path) => existsSync(path));
  if (program === undefined) throw new Error('there is no nginx: install it');
  const { dir, server = '' } = options;
  const port = await freePort();
  const http = options.http?.(port) ?? `server { listen 127.0.0.1:${port};\n${server} }`;
  const file = join(dir, 'nginx.conf');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  await writeFile(
    file,
    `daemon off; pid ${dir}/nginx.pid; error_log ${dir}/nginx.log; worker_processes 1;
${userInfo().uid === 0 ? 'user root;' : ''}
events {}
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${dir}/${name};`).join(' ')}
  ${http}
}
`,
  );
  const nginx = spawn(program, ['-c', file, '-e', join(dir, 'nginx.log')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = new Promise((resolve) => nginx.once('exit', resolve));
  await untilListening(port);
  return {
    port,
    url: `http://127.0.0.1:${port}/`,
    [Symbol.asyncDispose]: async () => {
      nginx.kill('SIGTERM');
      await ended;
    },
  };
}

const programs = ['/usr/sbin/nginx', '/usr/local/sbin/nginx', '/usr/bin/nginx'];

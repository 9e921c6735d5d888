// A real Caddy for tests, which writes into one directory.
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, untilListening } from './free-port.ts';

export interface Caddy extends AsyncDisposable {
  readonly port: number;
}

/** @param options.site its Caddyfile but for global options, for a port */
export async function startCaddy(options: {
  readonly dir: string;
  readonly site: (port: number) => string;
}): Promise<Caddy> {
  const { dir, site } = options;
  const [port, plainPort] = [await freePort(), await freePort()];
  const file = join(dir, 'Caddyfile');
  await writeFile(
    file,
    `{
	admin off
	auto_https disable_redirects
	default_bind 127.0.0.1
	http_port ${plainPort}
	https_port ${port}
}
${site(port)}`,
  );
  const env = { ...process.env, HOME: dir, XDG_DATA_HOME: dir, XDG_CONFIG_HOME: dir };
  const caddy = spawn('caddy', ['run', '--config', file, '--adapter', 'caddyfile'], {
    stdio: ['ignore', 'ignore', 'ignore'],
    env,
  });
  const ended = new Promise((resolve) => caddy.once('exit', resolve));
  const failed = new Promise<never>((_, reject) => caddy.once('error', reject));
  await Promise.race([untilListening(port), failed]);
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      caddy.kill('SIGTERM');
      await ended;
    },
  };
}

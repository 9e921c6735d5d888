// The server under test, behind one interface: Annexus, or git-annex's own p2phttp, against which the scenarios are
// calibrated (a scenario that git-annex's server fails asks for too much, or names why it does).
// ANNEXUS_TEST_SERVER=git-annex chooses the latter. Both serve the annex API only; clients reach git by path.
import { connect } from 'node:net';
import { freePort } from '../../support/free-port.ts';
import { annexusProgram, type Release, type Running, startIn } from '../../support/git-annex.ts';

export type ServerKind = 'annexus' | 'git-annex';

/** Whom the scenarios test: Annexus unless ANNEXUS_TEST_SERVER says otherwise. */
export const serverKind: ServerKind = chosenKind();

export interface ServerOptions {
  readonly kind: ServerKind;
  /** Whose git-annex serves, or is first in the PATH of Annexus. */
  readonly release: Release;
  /** The gateway's repository, its work tree or bare directory. */
  readonly repositoryDir: string;
  /** A free one is taken where none is given. */
  readonly port?: number;
  /** Options for git-annex's server about workers and connections, instead of enough for any scenario. */
  readonly gitAnnexOptions?: readonly string[] | undefined;
  /** Added to the server's environment. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

export interface Server extends AsyncDisposable {
  readonly kind: ServerKind;
  readonly port: number;
  /** "http://127.0.0.1:PORT/git-annex/", without which no request path begins. */
  readonly url: string;
  /** The same as remote.NAME.annexUrl wants it. */
  readonly annexUrl: string;
  readonly pid: number;
  readonly stderr: () => string;
  /** SIGTERM, and waits for the end. */
  readonly close: () => Promise<void>;
  /** SIGKILL, and waits for the end: as a power cut, apart from the page cache. */
  readonly kill: () => Promise<void>;
}

/** Starts the server and resolves once it takes connections. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const port = options.port ?? (await freePort());
  const running = startIn(options.repositoryDir, commandLine(options, port), {
    release: options.release,
    ...(options.env === undefined ? {} : { env: options.env }),
  });
  await waitUntilListening(running, port, options.kind);
  const { pid } = running.child;
  if (pid === undefined) throw new Error(`${options.kind} has no process id`);
  const close = async (): Promise<void> => await running[Symbol.asyncDispose]();
  return {
    kind: options.kind,
    port,
    url: `http://127.0.0.1:${port}/git-annex/`,
    annexUrl: `annex+http://127.0.0.1:${port}/git-annex/`,
    pid,
    stderr: running.stderr,
    close,
    kill: async () => {
      // The whole group: git-annex and Annexus both keep git processes.
      process.kill(-pid, 'SIGKILL');
      await running.ended;
    },
    [Symbol.asyncDispose]: close,
  };
}

function commandLine(options: ServerOptions, port: number): string[] {
  const common = ['p2phttp', '--wideopen', '--bind', '127.0.0.1', '--port', String(port)];
  const { gitAnnexOptions = ['-J8', '--clusterjobs=3', '--proxyconnections=8'] } = options;
  return options.kind === 'annexus'
    ? [process.execPath, annexusProgram, ...common]
    : ['git-annex', ...common, ...gitAnnexOptions];
}

// Connecting is the one sign of life that both give.
async function waitUntilListening(running: Running, port: number, kind: ServerKind): Promise<void> {
  let exitCode: number | undefined;
  void running.ended.then(
    (code) => (exitCode = code),
    () => (exitCode = -1),
  );
  const deadline = performance.now() + 20_000;
  while (!(await accepts(port))) {
    if (exitCode !== undefined || performance.now() > deadline) {
      await running[Symbol.asyncDispose]();
      throw new Error(`${kind} does not listen on port ${port}; it printed:\n${running.stderr()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function accepts(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

function chosenKind(): ServerKind {
  const wanted = process.env['ANNEXUS_TEST_SERVER'] ?? 'annexus';
  if (wanted === 'annexus' || wanted === 'git-annex') return wanted;
  throw new Error(`ANNEXUS_TEST_SERVER is ${wanted}, expected annexus or git-annex`);
}

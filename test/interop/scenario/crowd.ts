// Thousands of clients of one server that do next to nothing; see programs/crowd.ts.
import { bundleProgram } from '../../support/bundle-program.ts';
import { type Running, startIn } from '../../support/git-annex.ts';

export interface CrowdOptions {
  readonly port: number;
  readonly idle: number;
  readonly slow: number;
  /** Method and path of a small request. */
  readonly small: string;
  readonly large: string;
}

export interface CrowdReport {
  /** Connections that the server had ended. */
  readonly ended: number;
  readonly takenBytes: number;
}

export class Crowd {
  readonly #running: Running;

  private constructor(running: Running) {
    this.#running = running;
  }

  /** Resolves when all have come. */
  static async come({ port, idle, slow, small, large }: CrowdOptions): Promise<Crowd> {
    const program = await bundleProgram('crowd');
    const argv = [process.execPath, program, `${port}`, `${idle}`, `${slow}`, small, large];
    const running = startIn('/', argv);
    await running.shows(/^here$/m);
    return new Crowd(running);
  }

  /** All leave at once. */
  async leave(): Promise<CrowdReport> {
    const { child, ended, stdout } = this.#running;
    child.stdin?.end();
    await ended;
    return JSON.parse(stdout().trim().split('\n').at(-1) ?? '') as CrowdReport;
  }
}

// Pushes and uploads to several repositories of one `annexus serve`, which is ended in the middle of them. What was answered
// has to be there: content whole and logged, pushed commits reachable. What was not can be done again.
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { annexusProgram, type Release, type Running, runIn, startIn } from '../../support/git-annex.ts';
import { initRepository, type Repository } from './cluster.ts';
import { portOf, until } from './doors.ts';
import { locationsIn, objectsIn } from './examine.ts';
import { putOffset, startUpload } from './http-client.ts';
import type { Server } from './server.ts';

export interface EndsReport {
  readonly storesAnswered: number;
  readonly storesCut: number;
  readonly pushesAnswered: number;
  readonly pushesCut: number;
  /** Of branches, by a git that was killed. */
  readonly refLocksLeft: number;
  readonly wrong: readonly string[];
}

const names = ['one', 'two', 'three'] as const;

export interface EndsOptions {
  readonly dir: string;
  readonly release: Release;
  readonly signals: readonly ('SIGTERM' | 'SIGKILL')[];
  readonly random: () => number;
}

export class ServedPushes {
  readonly #options: EndsOptions;
  readonly #wrong: string[] = [];
  readonly #counts = { storesAnswered: 0, storesCut: 0, pushesAnswered: 0, pushesCut: 0, refLocksLeft: 0 };
  readonly #stored: { readonly repository: Repository; readonly key: string }[] = [];
  readonly #pushed: { readonly repository: Repository; readonly commit: string }[] = [];
  /** For the next server: what was cut off, from where it was. */
  readonly #unfinished: ((port: number) => Promise<void>)[] = [];
  #repositories: readonly Repository[] = [];

  constructor(options: EndsOptions) {
    this.#options = options;
  }

  async run(): Promise<EndsReport> {
    await this.#make();
    for (const [round, signal] of this.#options.signals.entries()) await this.#round(round, signal);
    await this.#verify();
    return { ...this.#counts, wrong: this.#wrong };
  }

  async #make(): Promise<void> {
    const { dir, release } = this.#options;
    this.#repositories = await Promise.all(
      names.map(async (name) => await initRepository({ release, dir: join(dir, name), bare: true, name })),
    );
    const config = ['listen: 127.0.0.1:0', 'repositories:', ...names.map((name) => `  ${name}: ${name}`)];
    config.push('access:', '  - role: write', '    users: anonymous', '');
    await writeFile(join(dir, 'annexus.yaml'), config.join('\n'));
    for (const name of names) {
      const work = this.#workOf(name);
      await runIn(dir, ['git', 'init', '--quiet', work], { release });
    }
  }

  #workOf(name: string): string {
    return join(this.#options.dir, `work-${name}`);
  }

  async #start(): Promise<{ readonly running: Running; readonly port: number }> {
    const { dir, release } = this.#options;
    const running = startIn(dir, [process.execPath, annexusProgram, 'serve', 'annexus.yaml'], { release });
    return { running, port: await portOf(running) };
  }

  async #round(round: number, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const { running, port } = await this.#start();
    let isOver = false;
    const working = this.#repositories.flatMap((repository) => [
      this.#store(repository, port, () => isOver),
      this.#store(repository, port, () => isOver),
      this.#push(repository, port, { round, isOver: () => isOver }),
    ]);
    const before = { ...this.#counts };
    await until(() =>
      Promise.resolve(
        this.#counts.storesAnswered > before.storesAnswered &&
          this.#counts.pushesAnswered > before.pushesAnswered,
      ),
    );
    await new Promise((resolve) => setTimeout(resolve, this.#options.random() * 600));
    const { pid = 0 } = running.child;
    // The end by itself concerns the server alone, a power cut all that it started.
    process.kill(signal === 'SIGTERM' ? pid : -pid, signal);
    isOver = true;
    await Promise.all(working);
    const exitCode = await running.ended;
    if (signal === 'SIGTERM' && exitCode !== 0)
      this.#wrong.push(`it ended with ${exitCode}: ${running.stderr()}`);
  }

  async #store(repository: Repository, port: number, isOver: () => boolean): Promise<void> {
    const server = { port } as Server;
    while (!isOver()) {
      const content = randomBytes(this.#options.random() < 0.5 ? 100_000 : 8_000_000);
      const key = `SHA256-s${content.length}--${sha256(content)}`;
      const target = { server, uuid: repository.uuid, key };
      const answer = await startUpload({ ...target, content, offset: 0, pauseMs: 2 }).answer;
      if (answer?.stored === true) {
        this.#counts.storesAnswered++;
        this.#stored.push({ repository, key });
      } else if (answer === undefined) {
        this.#counts.storesCut++;
        this.#again(repository, key, content);
        return;
      } else this.#wrong.push(`${key}: ${JSON.stringify(answer)}`);
    }
  }

  /** The key is taken by the next server, from where this one was cut off. */
  #again(repository: Repository, key: string, content: Buffer): void {
    this.#unfinished.push(async (port) => {
      const target = { server: { port } as Server, uuid: repository.uuid, key };
      const asked = await putOffset(target);
      const offset = 'offset' in asked ? asked.offset : content.length;
      const answer = await startUpload({ ...target, content, offset, pauseMs: 0 }).answer;
      if (answer?.stored === true) this.#stored.push({ repository, key });
      else this.#wrong.push(`${key} again from ${offset}: ${JSON.stringify(answer)}`);
    });
  }

  async #push(
    repository: Repository,
    port: number,
    { round, isOver }: { readonly round: number; readonly isOver: () => boolean },
  ): Promise<void> {
    const { release } = this.#options;
    const work = this.#workOf(repository.name);
    for (let count = 0; !isOver(); count++) {
      const file = `${round}-${count}`;
      await writeFile(join(work, file), randomBytes(1_000_000));
      const script = `git add . && git commit --quiet -m ${file} && git push --quiet http://127.0.0.1:${port}/${repository.name}.git HEAD:refs/heads/main`;
      const { exitCode } = await runIn(work, ['sh', '-c', script], { release, allow: 'any' });
      if (exitCode !== 0) {
        this.#counts.pushesCut++;
        continue;
      }
      this.#counts.pushesAnswered++;
      const { stdout } = await runIn(work, ['git', 'rev-parse', 'HEAD'], { release });
      this.#pushed.push({ repository, commit: stdout.trim() });
    }
  }

  async #verify(): Promise<void> {
    const { running, port } = await this.#start();
    for (const finish of this.#unfinished) await finish(port);
    await running[Symbol.asyncDispose]();
    for (const repository of this.#repositories) {
      // Of a git that was killed while it moved the branch. Git leaves it to people to remove such a lock, and so does
      // Annexus; until then what was answered is in the journal.
      for (const branch of ['git-annex', 'main']) {
        const lock = join(repository.dir, 'refs/heads', `${branch}.lock`);
        if (!existsSync(lock)) continue;
        await rm(lock);
        this.#counts.refLocksLeft++;
      }
      const { exitCode: looked, stderr: why } = await repository.annex(['whereis', '--all'], {
        allow: 'any',
      });
      if (looked !== 0) this.#wrong.push(`whereis in ${repository.name}: ${why}`);
      const [objects, locations] = [await objectsIn(repository), await locationsIn(repository)];
      for (const { key } of this.#stored.filter((one) => one.repository === repository)) {
        const path = objects.get(key);
        if (path === undefined) this.#wrong.push(`${key} was stored in ${repository.name} and is not there`);
        if (locations.get(key)?.has(repository.uuid) !== true)
          this.#wrong.push(`${repository.name} does not log ${key}`);
      }
      for (const [key, path] of objects)
        if (!key.endsWith(sha256(await readFile(path)))) this.#wrong.push(`${key} is corrupted`);
      for (const { commit } of this.#pushed.filter((one) => one.repository === repository)) {
        const argv = ['merge-base', '--is-ancestor', commit, 'refs/heads/main'];
        const { exitCode } = await repository.git(argv, { allow: 'any' });
        if (exitCode !== 0) this.#wrong.push(`${commit} was pushed to ${repository.name} and is not there`);
      }
      const { exitCode, stdout, stderr } = await repository.git(['fsck', '--connectivity-only'], {
        allow: 'any',
      });
      if (exitCode !== 0) this.#wrong.push(`git fsck of ${repository.name}: ${stdout}${stderr}`);
    }
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

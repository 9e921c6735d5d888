// Who may do what over annex+http: real `git annex p2phttp` of both releases and Annexus, started with the same options,
// are asked the same by everybody, with and without TLS. Nothing is changed by what is asked. `npm run soak -- access` asks
// everything in every mode of both releases; otherwise some combinations that bring nothing new are left out.
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeCertificate, type CertificatePaths } from '../support/certificate.ts';
import { freePort } from '../support/free-port.ts';
import { annexusProgram, releases, removeTree, runIn, startIn, type Running } from '../support/git-annex.ts';
import { KeptConnection } from '../support/kept-connection.ts';
import { RawConnection } from '../support/raw-http.ts';
import { accessEnvironment, askers, requestsOf, usualAskers } from './scenario/access-rows.ts';
import { writeEvidence } from './scenario/evidence.ts';

interface Mode {
  readonly options: readonly string[];
  readonly isTLS: boolean;
  /** Asked in each version by some, and beside both releases. */
  readonly isMain: boolean;
}

const main = ['', '--unauth-readonly', '--unauth-appendonly', '--wideopen', '--authenv-http'];
const others = [
  '--unauth-readonly --unauth-nolocking',
  '--unauth-appendonly --unauth-nolocking',
  '--unauth-nolocking',
  '--wideopen --unauth-nolocking',
  '--wideopen --unauth-readonly',
  '--unauth-appendonly --unauth-readonly',
  '--authenv',
  '--authenv --unauth-readonly',
  '--authenv --authenv-http',
  '--authenv-http --unauth-readonly',
  '--authenv-http --unauth-readonly --unauth-nolocking',
  '--authenv-http --unauth-appendonly',
  '--authenv-http --wideopen',
];
const secure = ['', '--authenv --unauth-readonly', '--authenv --authenv-http'];

const modes: readonly Mode[] = [
  ...main.map((words) => mode(words, { isTLS: false, isMain: true })),
  mode('--authenv', { isTLS: true, isMain: true }),
  ...others.map((words) => mode(words, { isTLS: false, isMain: false })),
  ...secure.map((words) => mode(words, { isTLS: true, isMain: false })),
];

/** How many answers were equal, by release and mode. */
const figures: Record<string, number> = {};
afterAll(async () => {
  if (isWhole && Object.keys(figures).length === modes.length * releases().length)
    await writeEvidence('access', figures);
});

const isWhole = process.env['ANNEXUS_SOAK_ACCESS'] !== undefined;
const uuid = 'f97413fe-ba4c-44ae-bb98-acdac2d7ef19';

describe.each(releases())('beside $name', (release) => {
  const isLatest = release === releases()[1];
  let dir = '';
  let certificate: CertificatePaths;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'annexus-access-'));
    certificate = await makeCertificate(dir);
    // Each server has a repository of its own, since uploads of one key get in each other's way.
    for (const name of ['theirs', 'ours']) {
      await runIn(dir, ['git', 'init', '--quiet', name], { release });
      await runIn(join(dir, name), ['git', 'config', 'annex.uuid', uuid], { release });
      await runIn(join(dir, name), ['git', 'annex', 'init', 'served'], { release });
    }
  });
  afterAll(async () => {
    await removeTree(dir);
  });

  async function serve(name: 'theirs' | 'ours', { options, isTLS }: Mode): Promise<Serving> {
    const { certFile, keyFile } = certificate;
    const port = await freePort();
    const program = name === 'theirs' ? ['git-annex', '-J64'] : [process.execPath, annexusProgram];
    const secured = isTLS ? ['--certfile', certFile, '--privatekeyfile', keyFile] : [];
    const running = startIn(
      join(dir, name),
      [...program, 'p2phttp', '--bind', '127.0.0.1', '--port', `${port}`, ...options, ...secured],
      { release, env: accessEnvironment },
    );
    await untilListening(port);
    return { ...running, port };
  }

  async function tell(port: number, { isTLS, isMain }: Mode, isPatient: boolean = false): Promise<Answers> {
    const told: Record<string, string> = {};
    const connection = new KeptConnection(port, { isTLS, isPatient });
    for (const [who, authorization] of Object.entries(askers)) {
      const isUsual = usualAskers.includes(who);
      if (!isWhole && !isUsual && !(isMain && isLatest)) continue;
      for (const [what, request] of Object.entries(requestsOf(uuid))) {
        const isInAll = isWhole || (isMain && isLatest && isUsual);
        if (!isInAll && !/^v4 |^GET$/.test(what)) continue;
        const { headers, ...rest } = request;
        const own = authorization === undefined ? {} : { Authorization: authorization };
        const reply = await connection.ask({ ...rest, headers: { ...headers, ...own } });
        told[`${who}: ${what}`] = `${reply.status} ${reply.headers['www-authenticate'] ?? ''}`.trim();
      }
    }
    connection.close();
    return told;
  }

  const asked = modes.filter(({ isMain }) => isWhole || isMain || isLatest);
  test.each(asked.map((each) => ({ each, name: nameOf(each) })))('$name', async ({ each, name }) => {
    const serving = await Promise.all([serve('theirs', each), serve('ours', each)]);
    await using theirs = serving[0];
    await using ours = serving[1];
    const [expected, found] = await Promise.all([tell(theirs.port, each, true), tell(ours.port, each)]);
    expect(found).toEqual(withDifferences(expected));
    figures[`${release.name}, ${name}: equal answers`] = Object.keys(found).length;
  });

  // `p2phttp-authenv-http`
  test.runIf(isLatest)('--authenv-http is good for TLS as well', async () => {
    const both = mode('--authenv-http', { isTLS: true, isMain: false });
    const over = mode('--authenv', { isTLS: true, isMain: false });
    const serving = await Promise.all([serve('theirs', both), serve('ours', both)]);
    await using theirs = serving[0];
    await using ours = serving[1];
    const found = await tell(ours.port, both);
    expect((await tell(theirs.port, both, true))['a user: v4 checkpresent']).toMatch(/^401 /);
    await using same = await serve('ours', over);
    expect(found).toEqual(await tell(same.port, over));
  });
});

type Serving = Running & { readonly port: number };
type Answers = Readonly<Record<string, string>>;

function mode(words: string, rest: Omit<Mode, 'options'>): Mode {
  return { options: words === '' ? [] : words.split(' '), ...rest };
}

function nameOf({ options, isTLS }: Mode): string {
  return `${isTLS ? 'TLS, ' : ''}${options.join(' ') || 'no option'}`;
}

/** As doc/differences.md says. */
function withDifferences(answers: Answers): Answers {
  const changed = Object.entries(answers).map(([name, answer]) => {
    const isUnknownVersion = name.endsWith(': an unknown version') && answer === '400';
    // `http-unknown-version` and `http-absent-key`.
    return [name, isUnknownVersion || (/(GET|HEAD)$/.test(name) && answer === '200') ? '404' : answer];
  });
  return Object.fromEntries(changed) as Answers;
}

async function untilListening(port: number): Promise<void> {
  for (let left = 400; ; left--) {
    try {
      (await RawConnection.open(port)).close();
      return;
    } catch (error) {
      if (left === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

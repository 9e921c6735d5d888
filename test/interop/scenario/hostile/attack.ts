// Sends hostile requests, some at a time, and notes every answer that must not be.
import { pick, randomFrom, type Random } from '../random.ts';
import { annexRequests } from './annex-requests.ts';
import { leaked } from './canaries.ts';
import { framingRequests } from './framing-requests.ts';
import type { Aim, Generator, HostileRequest } from './hostile-request.ts';
import { gitRequests } from './git-requests.ts';
import { pathRequests } from './path-requests.ts';
import { send, type Heard } from './send.ts';

export interface AttackOptions {
  readonly port: number;
  readonly aim: Aim;
  readonly requests: number;
  readonly seed: number;
  readonly onProgress: (done: number) => void;
}

export interface AttackReport {
  readonly requests: number;
  readonly kinds: Readonly<Record<string, { readonly times: number }>>;
  readonly statuses: Readonly<Record<string, { readonly times: number }>>;
  /** What must not be, with the request that did it. */
  readonly wrong: readonly string[];
}

const families: readonly (readonly Generator[])[] = [
  annexRequests,
  gitRequests,
  pathRequests,
  framingRequests,
];
const atOnce = 24;
const maxWrong = 20;

export async function attack(options: AttackOptions): Promise<AttackReport> {
  const random = randomFrom(options.seed);
  const kinds: Record<string, { times: number }> = {};
  const statuses: Record<string, { times: number }> = {};
  const wrong: string[] = [];
  let sent = 0;

  const one = async (request: HostileRequest): Promise<void> => {
    const heard = await send(options.port, request).catch((error: unknown) => String(error));
    count(kinds, request.kind);
    if (typeof heard === 'string') return void wrong.push(`${heard}: ${shown(request)}`);
    for (const status of heard.statuses) count(statuses, String(status));
    if (heard.statuses.length === 0) count(statuses, 'no reply');
    wrong.push(...whatIsWrong(request, heard).map((what) => `${what}: ${shown(request)}`));
  };

  const worker = async (): Promise<void> => {
    while (sent < options.requests && wrong.length < maxWrong) {
      const made = generate(random, options.aim);
      sent += made.length;
      if (Math.floor(sent / 1000) !== Math.floor((sent - made.length) / 1000)) options.onProgress(sent);
      await Promise.all(made.map(one));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return { requests: sent, kinds, statuses, wrong };
}

function generate(random: Random, aim: Aim): readonly HostileRequest[] {
  const made = pick(random, pick(random, families))(random, aim);
  return Array.isArray(made) ? (made as readonly HostileRequest[]) : [made as HostileRequest];
}

function whatIsWrong(request: HostileRequest, { bytes, statuses, isAnswered }: Heard): readonly string[] {
  const wrong: string[] = [];
  const secret = leaked(bytes);
  if (secret !== undefined) wrong.push(`${secret} was given away`);
  if (/(?:^|\n)x-injected:/i.test(headOf(bytes))) wrong.push('a header was injected');
  if (request.expects === 'reply' && !isAnswered) wrong.push('no answer');
  for (const status of statuses) {
    if (status === 500 || request.statuses?.includes(status) === false) wrong.push(`status ${status}`);
  }
  if (request.body !== undefined && statuses[0] === 200 && request.isHead !== true) {
    const body = bytes.toString('latin1', bytes.indexOf('\r\n\r\n') + 4);
    if (!request.body.test(unchunked(body))) wrong.push(`body ${JSON.stringify(body)}`);
  }
  return wrong;
}

function headOf(bytes: Buffer): string {
  return bytes.toString('latin1', 0, Math.max(bytes.indexOf('\r\n\r\n'), 0));
}

/** Of a body in one chunk. */
function unchunked(body: string): string {
  return /^[0-9a-f]+\r\n([\s\S]*)\r\n0\r\n\r\n$/.exec(body)?.[1] ?? body;
}

function shown({ kind, writes }: HostileRequest): string {
  const all = writes.map((each) => (typeof each === 'string' ? each : Buffer.from(each).toString('latin1')));
  return `${kind} ${JSON.stringify(all.map((each) => (each.length > 1500 ? `${each.slice(0, 1500)}…` : each)))}`;
}

function count(counts: Record<string, { times: number }>, what: string): void {
  counts[what] = { times: (counts[what]?.times ?? 0) + 1 };
}

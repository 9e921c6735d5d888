/**
 * Events as lines on standard error: what an operator has to know, or with `--debug` everything. A failure that goes on
 * (a node that is away, clients that hang up) is one line per some seconds and not one per request: the next line says how
 * often it was kept silent about.
 */

import { eventFields } from '../types/event-fields.ts';
import type { Event, EventSink } from '../types/event.ts';
import type { Clock } from '../util/clock.ts';
import type { Terminal } from './terminal.ts';

export interface EventLineOptions {
  readonly debug: boolean;
  readonly clock: Clock;
}

export function eventLines(terminal: Terminal, { debug, clock }: EventLineOptions): EventSink {
  const floods = new Floods(clock);
  return (event) => {
    const plain = plainLine(event);
    if (debug) {
      terminal.err(`${plain ?? debugLine(event)}\n`);
    } else if (plain !== undefined) {
      const silenced = floods.pass(subjectOf(event) ?? plain);
      if (silenced === undefined) return;
      terminal.err(
        silenced === 0 ? `${plain}\n` : `${plain} (and ${silenced} times more since it was last told)\n`,
      );
    }
  };
}

/** What stays the same in the lines of a failure that goes on; undefined where that is the line. */
function subjectOf(event: Event): string | undefined {
  if (event.type === 'request-failed') return `request ${withoutKeys(messageOf(event.error))}`;
  if (event.type === 'node-failed')
    return `node ${event.node} ${event.operation} ${withoutKeys(messageOf(event.error))}`;
  return undefined;
}

/** A message with its keys and numbers taken out. */
function withoutKeys(message: string): string {
  const words = message.split(' ').map((word) => (word.includes('--') ? '…' : word));
  return words.join(' ').replaceAll(/\d+/g, '…');
}

/** Which lines to keep silent about. */
class Floods {
  readonly #clock: Clock;
  /** By subject: when it was last told, and how often it was not since. In the order of telling. */
  readonly #told = new Map<string, { readonly seconds: number; silenced: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How often this was silenced since it was last told; undefined where it is to be silent now. */
  pass(subject: string): number | undefined {
    const now = this.#clock.elapsedSeconds();
    const last = this.#told.get(subject);
    if (last !== undefined && now - last.seconds < quietSeconds) {
      last.silenced++;
      return undefined;
    }
    this.#told.delete(subject);
    this.#told.set(subject, { seconds: now, silenced: 0 });
    const [oldest] = this.#told.keys();
    if (this.#told.size > maxSubjects && oldest !== undefined) this.#told.delete(oldest);
    return last?.silenced ?? 0;
  }
}

function plainLine(event: Event): string | undefined {
  switch (event.type) {
    case 'listening':
      return `listening on ${event.url}`;
    case 'certificate-loaded':
      return `annexus: ${event.file} was read anew`;
    case 'node-failed':
      return `annexus: node ${event.node} failed at ${event.operation}: ${messageOf(event.error)}`;
    case 'request-failed':
      return `annexus: request ${event.requestId} failed: ${messageOf(event.error)}`;
    case 'warning':
      return `annexus: ${messageOf(event.message)}`;
    case 'node-back':
      return `annexus: node ${event.node} answers again`;
    case 'request-started':
    case 'request':
    case 'request-refused':
    case 'node-operation':
    case 'transfer-started':
    case 'transfer-ended':
    case 'content-locked':
    case 'stored':
    case 'removed':
    case 'branch-committed':
    case 'branch-merged':
      return undefined;
  }
}

function debugLine(event: Event): string {
  const { type, fields } = eventFields(event);
  const words = Object.entries(fields).map(([name, value]) => `${name}=${String(value)}`);
  return `[${new Date().toISOString()}] ${type} ${words.join(' ').replaceAll(/\p{Cc}/gu, '?')}`;
}

/** Clients choose what is in some messages: nothing of it may steer a terminal or fill a log. */
function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.slice(0, maxMessage).replaceAll(/\p{Cc}/gu, '?');
}

const quietSeconds = 10;
const maxSubjects = 1000;
const maxMessage = 1000;

/**
 * An event as flat fields with plain values, for lines that people and programs read: names in the order in which they are
 * told, bytes decoded, what is undefined left out.
 */

import { byteStringToUTF8 } from '../util/byte-string.ts';
import type { Event } from './event.ts';

export interface EventFields {
  readonly type: Event['type'];
  readonly fields: Readonly<Record<string, Field>>;
}

export type Field = string | number | boolean | readonly string[];

export function eventFields(event: Event): EventFields {
  const fields: Record<string, Field> = {};
  collect(event, fields);
  return { type: event.type, fields };
}

function collect(object: object, fields: Record<string, Field>): void {
  for (const [name, value] of Object.entries(object) as [string, unknown][]) {
    if (name === 'type' || value === undefined) continue;
    // Of the spans of a trace, logs need only what finds it.
    if (name === 'trace') fields['traceId'] = (value as { traceId: string }).traceId;
    else if (name === 'transfer' || name === 'lock') collectNested(value as object, fields);
    else fields[name] = plain(value);
  }
}

function collectNested(object: object, fields: Record<string, Field>): void {
  collect(object, fields);
  // It is a getter of some of them.
  if ('untilMs' in object) fields['untilMs'] = Math.round(object.untilMs as number);
}

function plain(value: unknown): Field {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return Math.round(value * 1000) / 1000;
  if (Array.isArray(value)) return value.map((each) => shownText(String(each)));
  return shownText(value instanceof Error ? value.message : String(value));
}

/** A message whose names may be bytes, decoded where that is what they are: it may also be text of its own. */
export function shownText(message: string): string {
  return /[^\0-\xff]/.test(message) ? message : (byteStringToUTF8(message) ?? message);
}

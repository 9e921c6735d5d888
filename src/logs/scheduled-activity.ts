/**
 * Scheduled activities as people write them (man page git-annex-schedule): `fsck self 30m every day at any time`,
 * `fsck UUID 1h on day 1 of every month at 3 AM`. Nothing here runs them: they are looked at so that what is written is
 * what git-annex's assistant will read.
 */

import { AnnexError } from '../types/annex-error.ts';
import { byteStringToText, type ByteString } from '../util/byte-string.ts';

/** The activities, which `; ` parts, with single spaces. Throws `config` in git-annex's words for all that are wrong. */
export function parseSchedule(text: ByteString): ByteString[] {
  const activities: ByteString[] = [];
  const failures: string[] = [];
  for (const part of text.split('; ')) {
    try {
      activities.push(parseActivity(part));
    } catch (error) {
      if (!(error instanceof AnnexError)) throw error;
      failures.push(error.message);
    }
  }
  if (failures.length > 0) throw new AnnexError('config', failures.join('; '));
  return activities;
}

function parseActivity(text: ByteString): ByteString {
  const words = text.split(/[ \t]+/).filter((word) => word !== '');
  const [action, , duration = '', ...when] = words;
  if (action !== 'fsck' || when.length === 0) throw wrong('unknown activity', text);
  if (!durationPattern.test(duration)) {
    throw wrong(
      `failed to parse duration "${byteStringToText(duration)}" (expected eg "5m" or "1h5m")`,
      text,
    );
  }
  const at = when.includes('at') ? when.indexOf('at') : when.length;
  const [recurrence, time] = [when.slice(0, at).join(' '), when.slice(at + 1).join(' ')];
  if (!recurrencePattern.test(recurrence))
    throw wrong(`bad recurrence: ${byteStringToText(recurrence)}`, text);
  if (!timePattern.test(time)) throw wrong(`bad time of day: ${byteStringToText(time)}`, text);
  return words.join(' ');
}

function wrong(what: string, text: ByteString): AnnexError {
  return new AnnexError('config', `${what} in "${byteStringToText(text)}"`);
}

const durationPattern = /^(?:\d+[smhdy])*\d+[smhdy]?$/;
const recurrencePattern =
  /^(?:(?:on day \d+ of )?(?:every (?:week|month|year)|(?:weeks|months|years) divisible by \d+)|every day|days divisible by \d+)$/;
const timePattern = /^(?:any time|\d{1,2}(?::\d\d)?(?: [AaPp][Mm])?)$/;

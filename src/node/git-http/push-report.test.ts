import { describe, expect, test } from 'vitest';
import { PushReport } from './push-report.ts';

const none = '0'.repeat(40);
const one = '1'.repeat(40);
const two = '2'.repeat(64);

function line(text: string): string {
  return (text.length + 4).toString(16).padStart(4, '0') + text;
}

const capabilities = ' report-status-v2 side-band-64k object-format=sha1 agent=git/2';
const commands = `${line(`${none} ${one} refs/heads/main\0${capabilities}`)}${line(`${one} ${two} refs/heads/ö`)}${line(`${one} ${none} refs/tags/v 1`)}0000PACK0000`;
const status = `${line('unpack ok\n')}${line('ok refs/heads/main\n')}${line('option refname x\n')}${line('ng refs/heads/ö non-fast-forward\n')}0000`;
const inBands = `${line('\u0002remote: hello\n')}${line(`\u0001${status.slice(0, 30)}`)}${line(`\u0001${status.slice(30)}`)}0000`;

describe.each([1, 2, 7, 100_000])('in pieces of %i bytes', (size) => {
  test.each([
    ['on a band', commands, inBands],
    ['without bands', commands.replace(' side-band-64k', ' '.padEnd(14, 'x')), status],
  ])('reads refs and what became of them, %s', (_, request, reply) => {
    const report = new PushReport();
    for (const piece of pieces(request, size)) report.request(piece);
    for (const piece of pieces(reply, size)) report.reply(piece);
    expect(report.refs).toEqual([
      { ref: 'refs/heads/main', from: none, to: one, outcome: 'ok' },
      { ref: 'refs/heads/ö', from: one, to: two, outcome: 'non-fast-forward' },
      { ref: 'refs/tags/v 1', from: one, to: none, outcome: undefined },
    ]);
  });

  test.each([
    ['nothing asked', '0000', undefined],
    ['nothing read', '', []],
    ['what is no pkt-line', 'hello, this is nothing', []],
    ['a broken length', '0003', []],
  ])('%s', (_, request, refs) => {
    const report = new PushReport();
    for (const piece of pieces(request, size)) report.request(piece);
    expect(report.refs).toEqual(refs);
  });
});

test('keeps no more than a bound', () => {
  const report = new PushReport();
  for (let number = 0; number < 100; number++) {
    const command = line(`${none} ${one} refs/heads/${number}${'x'.repeat(50_000)}`);
    report.request(Buffer.from(command, 'latin1'));
  }
  report.request(Buffer.from('0000'));
  expect(report.refs).toHaveLength(20);
});

function* pieces(text: string, size: number): Generator<Uint8Array> {
  const bytes = Buffer.from(text, 'latin1');
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

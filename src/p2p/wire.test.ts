// The wire: lines and counted bytes, however they are cut into pieces on their way.
import { describe, expect, test } from 'vitest';
import { piecesChannel, type PiecesChannel } from '../../test/support/pieces-channel.ts';
import { sampleContent } from '../../test/support/sample-content.ts';
import { AnnexError } from '../types/annex-error.ts';
import { bytesToByteString, byteStringToBytes } from '../util/byte-string.ts';
import { collect } from '../util/bytes.ts';
import { memoryChannels } from './memory-channel.ts';
import { Wire } from './wire.ts';

function wireOf(text: string, pieceBytes: number): { readonly wire: Wire; readonly channel: PiecesChannel } {
  const channel = piecesChannel(byteStringToBytes(text), pieceBytes);
  return { wire: new Wire(channel), channel };
}

describe.each([
  ['whole', 100_000],
  ['two bytes at a time', 2],
  ['one byte at a time', 1],
])('%s', (_how, pieceBytes) => {
  test('lines, with and without a carriage return', async () => {
    const { wire } = wireOf('SUCCESS\nVERSION 4\r\nFOO\xff bar\n\nFAILURE\n', pieceBytes);
    expect(await wire.receive()).toEqual({ type: 'SUCCESS' });
    expect(await wire.receive()).toEqual({ type: 'VERSION', version: 4 });
    expect(await wire.receive()).toEqual({ type: 'unparsable', line: 'FOO\xff bar' });
    expect(await wire.receive()).toEqual({ type: 'unparsable', line: '' });
    expect(await wire.receive()).toEqual({ type: 'FAILURE' });
    expect(await wire.receive()).toBeUndefined();
    expect(await wire.receive()).toBeUndefined();
  });

  test('one carriage return is taken away, and one alone', async () => {
    const { wire } = wireOf('ERROR a\r\r\nERROR b\rc\n', pieceBytes);
    expect(await wire.receive()).toEqual({ type: 'ERROR', message: 'a\r' });
    expect(await wire.receive()).toEqual({ type: 'ERROR', message: 'b\rc' });
  });

  test('data is followed by a line without anything between', async () => {
    const data = bytesToByteString(sampleContent(1000));
    const { wire } = wireOf(`DATA 1000\n${data}VALID\nDATA 0\nINVALID\n`, pieceBytes);
    expect(await wire.receive()).toEqual({ type: 'DATA', lengthBytes: 1000 });
    expect(bytesToByteString(await collect(wire.receiveData(1000)))).toBe(data);
    expect(await wire.receive()).toEqual({ type: 'VALID' });
    expect(await wire.receive()).toEqual({ type: 'DATA', lengthBytes: 0 });
    expect(await collect(wire.receiveData(0))).toHaveLength(0);
    expect(await wire.receive()).toEqual({ type: 'INVALID' });
  });

  test('the end in the middle of a line breaks the conversation', async () => {
    const { wire } = wireOf('SUCCESS\nFAIL', pieceBytes);
    expect(await wire.receive()).toEqual({ type: 'SUCCESS' });
    await expect(wire.receive()).rejects.toMatchObject({ code: 'framing' });
  });

  test('the end in the middle of data breaks the conversation, after what came', async () => {
    const { wire } = wireOf('abc', pieceBytes);
    let got = '';
    const receiving = (async () => {
      for await (const chunk of wire.receiveData(5)) got += bytesToByteString(chunk);
    })();
    await expect(receiving).rejects.toThrow(
      'expected 5 bytes of data but the connection ended 2 bytes before',
    );
    await expect(receiving).rejects.toBeInstanceOf(AnnexError);
    expect(got).toBe('abc');
  });

  test('a line as long as may be', async () => {
    const { wire } = wireOf(`${'x'.repeat(32_768)}\nSUCCESS\n`, pieceBytes);
    expect(await wire.receive()).toMatchObject({ type: 'unparsable' });
    expect(await wire.receive()).toEqual({ type: 'SUCCESS' });
  });

  test('a longer line breaks the conversation, and is not read to its end', async () => {
    const { wire, channel } = wireOf('x'.repeat(1_000_000), Math.min(pieceBytes, 4096));
    await expect(wire.receive()).rejects.toMatchObject({ code: 'framing' });
    expect(channel.readBytes).toBeLessThanOrEqual(32_768 + 4096);
  });
});

test('what is seen ahead is received afterwards, also where both wait for it at once', async () => {
  const [here, there] = memoryChannels();
  const wire = new Wire(there);
  const ahead = wire.hasMore();
  const received = wire.receive();
  void here.write(byteStringToBytes('SUCCESS\nFAIL'));
  expect(await ahead).toBe(true);
  expect(await received).toEqual({ type: 'SUCCESS' });
  expect(await wire.hasMore()).toBe(true);
  void here.write(byteStringToBytes('URE\n'));
  expect(await wire.receive()).toEqual({ type: 'FAILURE' });
  await here.end();
  expect(await wire.hasMore()).toBe(false);
  expect(await wire.receive()).toBeUndefined();
});

test('empty pieces are passed over', async () => {
  const pieces = [
    new Uint8Array(0),
    byteStringToBytes('SUC'),
    new Uint8Array(0),
    byteStringToBytes('CESS\n'),
  ];
  const wire = new Wire({
    read: () => Promise.resolve(pieces.shift()),
    write: () => Promise.resolve(),
    end: () => Promise.resolve(),
    destroy: () => undefined,
  });
  expect(await wire.receive()).toEqual({ type: 'SUCCESS' });
  expect(await wire.receive()).toBeUndefined();
});

test('two wires back to back', async () => {
  const [here, there] = memoryChannels();
  const [near, far] = [new Wire(here), new Wire(there)];
  const sending = (async () => {
    await near.send({ type: 'DATA', lengthBytes: 3 });
    await near.sendBytes(byteStringToBytes('f\x00\n'));
    await near.send({ type: 'VALID' });
    await here.end();
  })();
  expect(await far.receive()).toEqual({ type: 'DATA', lengthBytes: 3 });
  expect(bytesToByteString(await collect(far.receiveData(3)))).toBe('f\x00\n');
  expect(await far.receive()).toEqual({ type: 'VALID' });
  expect(await far.receive()).toBeUndefined();
  await sending;
});

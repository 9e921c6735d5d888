import { expect, test } from 'vitest';
import { sampleTransfer } from '../../test/support/sample-events.ts';
import { eventFields, shownText } from './event-fields.ts';

test('names are decoded, numbers short, nothing nested, and what is undefined left out', () => {
  expect(
    eventFields({ type: 'transfer-started', transfer: sampleTransfer({ file: 'f\xc3\xbc' }) }),
  ).toMatchObject({
    type: 'transfer-started',
    fields: { file: 'fü', direction: 'upload', lengthBytes: 1000 },
  });
  const { fields } = eventFields({ type: 'warning', message: 'x', detail: undefined });
  expect(fields).toEqual({ message: 'x' });
});

test('a message is decoded only where it is bytes', () => {
  expect(shownText('key f\xc3\xbc')).toBe('key fü');
  expect(shownText('key fü')).toBe('key fü');
  expect(shownText('a “word” of f\xc3\xbc')).toBe('a “word” of f\xc3\xbc');
});

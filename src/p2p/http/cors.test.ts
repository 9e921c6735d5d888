import { describe, expect, test } from 'vitest';
import { fakeRequest } from '../../../test/support/fake-request.ts';
import { withCORS } from './cors.ts';
import { textReply, type HttpReply } from './message.ts';

const handle = withCORS(
  (request) => (request.path === '/x' ? Promise.resolve(textReply(404, 'no')) : undefined),
  ['https://one.example'],
);

async function ask(method: string, headers: Record<string, string>): Promise<HttpReply | undefined> {
  return await handle(fakeRequest({ method, path: '/x', headers }));
}

function header(reply: HttpReply | undefined, name: string): string | undefined {
  const at = reply?.headers.indexOf(name) ?? -1;
  return at === -1 ? undefined : reply?.headers[at + 1];
}

describe('withCORS', () => {
  test('an allowed origin may read every reply, errors too', async () => {
    const reply = await ask('GET', { origin: 'https://one.example' });
    expect(reply?.status).toBe(404);
    expect(header(reply, 'Access-Control-Allow-Origin')).toBe('https://one.example');
    expect(header(reply, 'Vary')).toBe('Origin');
  });

  test.each(['https://two.example', 'null', undefined])('%s may not', async (origin) => {
    const reply = await ask('GET', origin === undefined ? {} : { origin });
    expect(header(reply, 'Access-Control-Allow-Origin')).toBeUndefined();
    expect(header(reply, 'Vary')).toBe('Origin');
  });

  test('a preflight is answered without asking anybody', async () => {
    const asks = { 'access-control-request-method': 'POST' };
    const yes = await ask('OPTIONS', { ...asks, origin: 'https://one.example' });
    expect(yes?.status).toBe(204);
    expect(header(yes, 'Access-Control-Allow-Methods')).toContain('POST');
    expect((await ask('OPTIONS', { ...asks, origin: 'https://two.example' }))?.status).toBe(403);
  });

  test('leaves what is nobody else’s', () => {
    expect(handle(fakeRequest({ method: 'GET', path: '/y' }))).toBeUndefined();
  });
});

// Lets Forgejo (or Gitea) decide who may do what with annexes that Annexus serves: an external decision of `annexus serve`
// (doc/serve/forge.md), made of two questions to Forgejo's API with the credentials that the client sent.
//
//     node forgejo-decision.mjs http://127.0.0.1:3000 [PORT]        listens on 127.0.0.1, port 9418 unless told
import { createServer } from 'node:http';

const [, , forge = '', port = '9418'] = process.argv;
if (!URL.canParse(forge)) {
  console.error('usage: node forgejo-decision.mjs URL-OF-FORGEJO [PORT]');
  process.exit(1);
}

const server = createServer((request, response) => {
  void decide(request.headers)
    .catch((/** @type {unknown} */ error) => {
      // No decision: Annexus answers 503, and clients try again.
      console.error(`no answer from ${forge}: ${String(error)}`);
      return { status: 502, headers: {} };
    })
    .then(({ status, headers }) => response.writeHead(status, headers).end());
});
server.listen(Number(port), '127.0.0.1', () => {
  const address = server.address();
  console.log(`listening on port ${typeof address === 'object' ? address?.port : port}`);
});
process.once('SIGTERM', () => server.close());

/**
 * @param {import('node:http').IncomingHttpHeaders} headers
 * @returns {Promise<{ status: number, headers: Record<string, string> }>}
 */
async function decide({ authorization, 'x-annexus-repository': encoded }) {
  const no = { status: authorization === undefined ? 401 : 403, headers: {} };
  const parts = decodeURIComponent(String(encoded)).split('/');
  if (parts.length !== 2) return no;
  const path = parts.map(encodeURIComponent).join('/');
  const [repository, user] = await Promise.all([
    ask(`/api/v1/repos/${path}`, authorization),
    authorization === undefined ? undefined : ask('/api/v1/user', authorization),
  ]);
  if (repository.status === 401) return { status: 401, headers: {} };
  // What somebody may not see is not there, as Forgejo says it.
  if (repository.status === 403 || repository.status === 404) return no;
  if (repository.status !== 200) throw new Error(`status ${repository.status}`);
  const role = roleOf(repository.body?.permissions ?? {});
  if (role === undefined) return no;
  const login = user?.body?.login;
  const name = login === undefined ? {} : { 'X-Annexus-User': login };
  return { status: 200, headers: { 'X-Annexus-Role': role, ...name } };
}

/** @param {Record<string, boolean>} permissions */
function roleOf({ admin, push, pull }) {
  if (admin === true) return 'admin';
  if (push === true) return 'write';
  return pull === true ? 'read' : undefined;
}

/**
 * @param {string} path
 * @param {string | undefined} authorization
 * @returns {Promise<{ status: number, body?: { permissions?: Record<string, boolean>, login?: string } }>}
 */
async function ask(path, authorization) {
  /** @type {Record<string, string>} */
  const headers = { accept: 'application/json' };
  if (authorization !== undefined) headers['authorization'] = authorization;
  const url = `${forge.replace(/\/+$/, '')}${path}`;
  const response = await fetch(url, { headers, redirect: 'manual', signal: AbortSignal.timeout(4000) });
  const { status } = response;
  if (status === 200) return { status, body: /** @type {{}} */ (await response.json()) };
  await response.arrayBuffer();
  return { status };
}

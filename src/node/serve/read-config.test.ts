import { describe, expect, test } from 'vitest';
import { parseServeConfig } from './read-config.ts';

function mistakes(text: string): readonly string[] {
  try {
    parseServeConfig(text, 'c.yaml');
  } catch (error) {
    return (error as Error).message.split('\n');
  }
  return [];
}

describe('the configuration of serve', () => {
  test('what is not said is filled in', () => {
    for (const text of ['', '{}', '# nothing\n']) {
      expect(parseServeConfig(text, 'c.yaml')).toMatchObject({
        listen: ['127.0.0.1:9417'],
        git: true,
        files: true,
        metrics: false,
        access: [],
      });
    }
  });

  test('a full one', () => {
    const text = `
listen: [":80", "[::1]:443", "unix:run/annexus.sock", systemd]
tls: { certificate: c.pem, key: k.pem, chain: ca.pem }
url: https://annex.example.org/base
trustedProxies: [127.0.0.1, 10.0.0.0/8, unix]
repositories:
  data: /srv/data.git
  lab/mice: { path: mice }
directories:
  - { path: /srv/forge, prefix: forge }
users:
  htpasswd: htpasswd
  tokens: tokens
  groups: { lab: [ann, bob] }
  external: { url: "http://127.0.0.1:3000/auth", keepSeconds: 5 }
access:
  - { role: read, users: anonymous, repositories: data }
  - { role: append, groups: lab, repositories: ["lab/*"] }
limits:
  connections: 1000
  perAddress: { requestsPerMinute: 600, simultaneous: 20 }
  perUser: { downloadBytesPerSecond: 1000000 }
sendfile: { header: X-Accel-Redirect, root: /srv, prefix: /protected/ }
cors: { origins: ["https://example.org", "*"] }
log: { format: json, audit: audit.log }
metrics: true
clusterJobs: cpus
closeSeconds: 60
`;
    const config = parseServeConfig(text, 'c.yaml');
    expect(config).toMatchObject({
      listen: [':80', '[::1]:443', 'unix:run/annexus.sock', 'systemd'],
      tls: { chain: ['ca.pem'] },
      users: { external: { decides: 'permission' } },
      access: [{ users: ['anonymous'], repositories: ['data'] }, { groups: ['lab'] }],
    });
  });

  test.each([
    ['lissten: ":80"', ['c.yaml:1:1: lissten: nobody knows this word']],
    [
      'listen: ":80"\nlimits:\n  perUser:\n    requests: 3\n',
      ['c.yaml:4:5: limits.perUser.requests: nobody knows this word'],
    ],
    ['listen: 80', ['c.yaml:1:1: listen: (string | Array) is wanted, not 80']],
    [
      'listen: "80"',
      [
        'c.yaml:1:1: listen: a place is ADDRESS:PORT, :PORT (all addresses), unix:PATH, or systemd (sockets that it passes)',
      ],
    ],
    ['tls: { key: k }', ['c.yaml:1:1: tls.certificate: it is missing, and needed']],
    [
      'access:\n  - { role: reed }',
      ['c.yaml:2:7: access.0.role: a role is one of read, append, write, admin'],
    ],
    ['metrics: yes please', ['c.yaml:1:1: metrics: boolean is wanted, not "yes please"']],
    ['limits: { connections: 0 }', ['c.yaml:1:11: limits.connections: at least 1 is wanted']],
    [
      'cors: { origins: ["https://x/"] }',
      ['c.yaml:1:19: cors.origins.0: an origin is like https://example.org'],
    ],
    ['a: 1\na: 2', ['c.yaml:2:1: Map keys must be unique']],
    ['url: [', [expect.stringMatching(/^c\.yaml:1:\d+: /)]],
    ['x: &a 1\ny: *a', [expect.stringMatching(/^c\.yaml:2:4: aliases are not taken/)]],
    ['? [a]\n: 1', [expect.stringMatching(/^c\.yaml:1:3: a word is wanted before the colon/)]],
    [`${'? '.repeat(64)}x`, ['c.yaml: this is too long, or too deeply nested, for a configuration']],
    [`x: ${'['.repeat(2000)}`, [expect.stringContaining('too deeply nested')]],
    ['- 1', [expect.stringMatching(/^c\.yaml:1:1: words with values are wanted/)]],
    [
      'metrics: 1\nstatus: 2',
      ['c.yaml:1:1: metrics: boolean is wanted, not 1', 'c.yaml:2:1: status: boolean is wanted, not 2'],
    ],
  ])('%j', (text, wanted) => expect(mistakes(text)).toEqual(wanted));

  test.each(['status', 'a.git', 'lab/files', '../x', 'a//b'])('no repository is called %j', (name) => {
    const [first] = mistakes(`repositories: { ${JSON.stringify(name)}: /srv/x }`);
    expect(first).toMatch(/^c\.yaml:1:17: repositories\..*: a name has letters/);
  });
});

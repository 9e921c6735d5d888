import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { ageText, bytesText } from './amount-text.ts';
import { html } from './html.ts';
import { contentSecurityPolicy, statusPage } from './status-page.ts';
import type { StatusReport } from './status-report.ts';

const hostile = `<script>alert(1)</script>"'&\u{202E}\u{1B}[31m`;

const report: StatusReport = {
  version: '1.0.0',
  nodeVersion: 'v20',
  startedAt: '2026-11-25T20:43:06.093Z',
  uptimeSeconds: 93_784,
  closing: false,
  connections: 4,
  runningRequests: 2,
  repositories: [
    {
      name: hostile,
      uuid: 'u-1',
      description: hostile,
      clusters: [{ name: hostile, uuid: 'c-1' }],
      sizeProblem: hostile,
      nodes: [
        {
          name: hostile,
          uuid: 'u-2',
          cost: 100,
          clusters: [hostile],
          reachable: false,
          lastFailure: { at: '2026-11-25T20:43:06.093Z', operation: 'get', message: hostile },
          runningTransfers: 1,
          usedBytes: 500,
          reservedBytes: 100,
          maxBytes: 1000,
        },
        {
          name: 'n2',
          uuid: 'u-3',
          cost: 1,
          clusters: [],
          runningTransfers: 0,
          usedBytes: 5,
          reservedBytes: 0,
        },
      ],
    },
  ],
  transfers: [
    {
      direction: 'upload',
      key: hostile,
      file: hostile,
      node: hostile,
      client: hostile,
      requestId: hostile,
      since: '2026-11-25T20:43:06.093Z',
      doneBytes: 250,
      totalBytes: 1000,
      bytesPerSecond: 1_500_000,
    },
  ],
  transferCount: 300,
  locks: [{ key: hostile, node: hostile, client: hostile, until: '2026-11-25T20:43:06.093Z' }],
  lockCount: 1,
};

test('whatever names hold, they stay text', () => {
  const page = statusPage(report, { refresh: true });
  expect(page).not.toContain('<script');
  expect(page).not.toContain('\u{1B}');
  expect(page.match(/&lt;script&gt;/g)?.length).toBeGreaterThan(10);
  // In attributes, too: nothing ends one early.
  expect(page).toContain('aria-label="fullness of &lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;');
});

test('says what there is, in words as well as in bars', () => {
  const page = statusPage(report, { refresh: true });
  expect(page).toContain('Up for 1 d 2 h');
  expect(page).toContain('<span class="bad">unreachable</span>');
  expect(page).toContain('not asked yet');
  expect(page).toContain('500 B of 1 kB used, 100 B reserved');
  expect(page).toContain('5 B used, no limit');
  expect(page).toContain('<progress max="1000" value="250"');
  expect(page).toContain('1.5 MB/s');
  expect(page).toContain('The first 1 of 300');
  expect(page).toContain('<html lang="en">');
});

test('refreshes itself unless it is not to', () => {
  expect(statusPage(report, { refresh: true })).toContain('http-equiv="refresh" content="5"');
  expect(statusPage(report, { refresh: false })).not.toContain('http-equiv="refresh"');
});

test('its policy lets its own style in and nothing else', () => {
  const [, style = ''] = /<style>([^]*?)<\/style>/.exec(statusPage(report, { refresh: true })) ?? [];
  const hash = createHash('sha256').update(style).digest('base64');
  expect(contentSecurityPolicy).toContain(`style-src 'sha256-${hash}'`);
  expect(contentSecurityPolicy).toContain("default-src 'none'");
});

test('holes are escaped, HTML is not again', () => {
  expect(html`<p title="${'"<'}">${html`<b>${'&'}</b>`}${[html`<i></i>`]}${5}</p>`.text).toBe(
    '<p title="&quot;&lt;"><b>&amp;</b><i></i>5</p>',
  );
});

test('amounts', () => {
  expect([0, 999, 1000, 15_300_000, 1_234_000_000].map(bytesText)).toEqual([
    '0 B',
    '999 B',
    '1 kB',
    '15.3 MB',
    '1.2 GB',
  ]);
  expect([0, 59, 61, 3600, 90_061].map(ageText)).toEqual(['0 s', '59 s', '1 min 1 s', '1 h', '1 d 1 h']);
});

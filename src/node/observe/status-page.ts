/**
 * The status page: plain HTML that works in every browser, without a script. It comes anew each five seconds unless it
 * was asked for with `?refresh=0`.
 */

import { createHash } from 'node:crypto';
import { html, Html } from './html.ts';
import { ageText, bytesText } from './amount-text.ts';
import type {
  LockReport,
  NodeReport,
  RepositoryReport,
  StatusReport,
  TransferReport,
} from './status-report.ts';

const style = `
:root { color-scheme: light dark; font-family: system-ui, sans-serif; line-height: 1.4; }
body { margin: 1.5rem auto; max-width: 75rem; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; }
table { border-collapse: collapse; width: 100%; }
caption { font-weight: bold; padding: .5rem 0; text-align: start; }
th, td { border-top: 1px solid #8886; padding: .3rem .6rem; text-align: start; vertical-align: top; }
td.n { font-variant-numeric: tabular-nums; text-align: end; white-space: nowrap; }
th.n { text-align: end; }
code { font-weight: normal; white-space: nowrap; } code.key { overflow-wrap: anywhere; white-space: normal; }
small { display: block; opacity: .75; } time { white-space: nowrap; }
meter, progress { width: 9rem; height: 1rem; }
.bad { color: #c00; font-weight: bold; } .good { color: #070; }
@media (prefers-color-scheme: dark) { .bad { color: #f77; } .good { color: #7d7; } }
`;

/** Nothing may be loaded and nothing run: whatever got into the page would stay text. */
export const contentSecurityPolicy: string = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export function statusPage(report: StatusReport, { refresh }: { readonly refresh: boolean }): string {
  const { transfers, transferCount, locks, lockCount } = report;
  const page = html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${refresh ? html`<meta http-equiv="refresh" content="${refreshSeconds}">` : ''}
<title>Annexus: status</title>
<style>${new Html(style)}</style>
</head>
<body>
<header>
<h1>Annexus ${report.version}</h1>
<p>${report.closing ? html`<span class="bad">Closing.</span> ` : ''}Up for ${ageText(report.uptimeSeconds)},
since ${timeText(report.startedAt)}. ${report.connections} connections, ${report.runningRequests} requests running. Node.js ${report.nodeVersion}. All times are UTC.
${refresh ? html`<a href="?refresh=0">Stop refreshing.</a>` : html`<a href="?">Refresh each ${refreshSeconds} seconds.</a>`}</p>
</header>
<main>
${report.repositories.map(repositorySection)}
<h2>Running transfers</h2>
${transfers.length === 0 ? html`<p>None.</p>` : transferTable(transfers, transferCount)}
<h2>Locks</h2>
${locks.length === 0 ? html`<p>None.</p>` : lockTable(locks, lockCount)}
</main>
</body>
</html>
`;
  return page.text;
}

function repositorySection(repository: RepositoryReport): Html {
  const { name, uuid, description, clusters, nodes, sizeProblem } = repository;
  const names = clusters.map(
    (cluster) =>
      html`<li>Cluster <bdi>${cluster.name}</bdi> <small><code>${cluster.uuid}</code></small></li>`,
  );
  return html`<section>
<h2><bdi>${name}</bdi></h2>
<p>${description === undefined ? '' : html`<bdi>${description}</bdi> `}<code>${uuid}</code></p>
${names.length === 0 ? '' : html`<ul>${names}</ul>`}
${sizeProblem === undefined ? '' : html`<p class="bad">Sizes are not known: ${sizeProblem}</p>`}
<table>
<caption>Nodes of <bdi>${name}</bdi></caption>
<thead><tr><th scope="col">Node</th><th scope="col">State</th><th scope="col">Clusters</th>
<th scope="col" class="n">Cost</th><th scope="col" class="n">Transfers</th><th scope="col">Fullness</th></tr></thead>
<tbody>
${nodes.map(nodeRow)}
</tbody>
</table>
</section>
`;
}

function nodeRow(node: NodeReport): Html {
  const { lastFailure } = node;
  const failure =
    lastFailure === undefined
      ? ''
      : html`<small>${timeText(lastFailure.at)} ${lastFailure.operation}: <bdi>${lastFailure.message}</bdi></small>`;
  return html`<tr><th scope="row"><bdi>${node.name}</bdi><small><code>${node.uuid}</code></small></th>
<td>${reachableText(node.reachable)}${failure}</td>
<td><bdi>${node.clusters.join(', ')}</bdi></td>
<td class="n">${node.cost}</td><td class="n">${node.runningTransfers}</td>
<td>${fullnessBar(node)}</td></tr>
`;
}

function reachableText(reachable: boolean | undefined): Html {
  if (reachable === undefined) return html`not asked yet`;
  return reachable ? html`<span class="good">reachable</span>` : html`<span class="bad">unreachable</span>`;
}

function fullnessBar({ usedBytes, reservedBytes = 0, maxBytes, name }: NodeReport): Html {
  if (usedBytes === undefined) return html`not known`;
  const used = bytesText(usedBytes);
  const reserved = reservedBytes === 0 ? '' : `, ${bytesText(reservedBytes)} reserved`;
  if (maxBytes === undefined) return html`${used} used${reserved}, no limit`;
  const text = `${used} of ${bytesText(maxBytes)} used${reserved}`;
  return html`<meter min="0" max="${Math.max(1, maxBytes)}" high="${maxBytes * 0.9}" optimum="0"
value="${usedBytes + reservedBytes}" aria-label="fullness of ${name}">${text}</meter><small>${text}</small>`;
}

function transferTable(transfers: readonly TransferReport[], count: number): Html {
  return html`<table>
<caption>${countText(transfers.length, count)}</caption>
<thead><tr><th scope="col">File</th><th scope="col">Direction</th><th scope="col">Progress</th>
<th scope="col" class="n">Rate</th><th scope="col">Since</th><th scope="col">Request</th></tr></thead>
<tbody>
${transfers.map(transferRow)}
</tbody>
</table>
`;
}

function transferRow(transfer: TransferReport): Html {
  const { direction, key, file, node, doneBytes, totalBytes, bytesPerSecond, since, requestId } = transfer;
  const progress = `${bytesText(doneBytes)} of ${bytesText(totalBytes)}`;
  return html`<tr><th scope="row"><bdi>${file ?? key}</bdi>${file === undefined ? '' : html`<small><code class="key">${key}</code></small>`}</th>
<td>${direction === 'upload' ? 'to' : 'from'} <bdi>${node}</bdi></td>
<td><progress max="${Math.max(1, totalBytes)}" value="${doneBytes}" aria-label="progress of ${file ?? key}">${progress}</progress><small>${progress}</small></td>
<td class="n">${bytesText(bytesPerSecond)}/s</td><td>${timeText(since)}</td><td><code>${requestId}</code></td></tr>
`;
}

function lockTable(locks: readonly LockReport[], count: number): Html {
  const rows = locks.map(
    ({ key, node, client, until }) => html`<tr><th scope="row"><code class="key">${key}</code></th>
<td><bdi>${node}</bdi></td><td><code>${client}</code></td><td>${timeText(until)}</td></tr>
`,
  );
  return html`<table>
<caption>${countText(locks.length, count)}</caption>
<thead><tr><th scope="col">Key</th><th scope="col">Node</th><th scope="col">Client</th><th scope="col">Until</th></tr></thead>
<tbody>
${rows}
</tbody>
</table>
`;
}

/** To the second, in UTC, as logs have it. */
function timeText(iso: string): Html {
  return html`<time datetime="${iso}">${iso.slice(0, 19).replace('T', ' ')}</time>`;
}

function countText(shown: number, count: number): string {
  return shown === count ? `All ${count}` : `The first ${shown} of ${count}`;
}

const refreshSeconds = 5;

// Keeps package-lock.json good for every platform and every registry, which npm alone does not:
//
// - Packages with binaries name one optional package for each platform. Where the registry in use lacks some of
//   those, npm leaves them out of the lockfile and then `npm ci` refuses it, even on platforms that need none of
//   them. Each missing one gets an entry with the version that its package asks for and the platform that its
//   name tells, so that other platforms skip it. Such an entry has no integrity until npm meets the package.
// - No entry says where it was downloaded from: that is the choice of whoever installs.
//
//   node script/lockfile.js          tells what is wrong
//   node script/lockfile.js --fix    mends it; run it after `npm install`
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * @typedef {object} Entry
 * @property {string} [version]
 * @property {string} [resolved]
 * @property {readonly string[]} [os]
 * @property {readonly string[]} [cpu]
 * @property {readonly string[]} [libc]
 * @property {boolean} [dev]
 * @property {boolean} [optional]
 * @property {Readonly<Record<string, string>>} [optionalDependencies]
 */

const path = fileURLToPath(new URL('../package-lock.json', import.meta.url));
const lock = /** @type {{packages: Record<string, Entry>}} */ (JSON.parse(readFileSync(path, 'utf8')));
const fix = process.argv.includes('--fix');

const systems = new Set([
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'win32',
]);
const processors = new Set(['arm', 'arm64', 'ia32', 'loong64', 'ppc64', 'riscv64', 's390x', 'x64']);

const missing = missingEntries(lock.packages);
const located = Object.entries(lock.packages).filter(([, entry]) => entry.resolved !== undefined);

if (fix) {
  for (const [at, entry] of missing) lock.packages[at] = entry;
  for (const [, entry] of located) delete entry.resolved;
  const sorted = Object.entries(lock.packages).toSorted(([a], [b]) => a.localeCompare(b, 'en'));
  writeFileSync(path, `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, undefined, 2)}\n`);
} else {
  for (const [at] of missing) console.error(`package-lock.json: no entry for ${at}`);
  for (const [at] of located) console.error(`package-lock.json: ${at} says where it was downloaded from`);
  if (missing.length + located.length > 0) {
    console.error('mend it with: node script/lockfile.js --fix');
    process.exitCode = 1;
  }
}

/** @param {Record<string, Entry>} packages @returns {readonly (readonly [string, Entry])[]} */
function missingEntries(packages) {
  return Object.entries(packages).flatMap(([parent, entry]) =>
    Object.entries(entry.optionalDependencies ?? {})
      .filter(([name, range]) => /^\d/.test(range) && !isFoundFrom(parent, name, packages))
      .map(
        ([name, version]) =>
          /** @type {const} */ ([
            `node_modules/${name}`,
            lockEntry(version, { ...platformOf(name), dev: entry.dev === true }),
          ]),
      ),
  );
}

// Looks in the parent's own node_modules, then in those of the folders around it, as Node does.
/** @param {string} parent @param {string} name @param {Record<string, Entry>} packages */
function isFoundFrom(parent, name, packages) {
  for (let at = parent; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    if (packages[`${at === '' ? '' : `${at}/`}node_modules/${name}`] !== undefined) return true;
    if (at === '') return false;
  }
}

// In the order in which npm itself writes an entry.
/** @param {string} version @param {{os: string, cpu: string, libc: string | undefined, dev: boolean}} about @returns {Entry} */
function lockEntry(version, { os, cpu, libc, dev }) {
  return {
    version,
    cpu: [cpu],
    ...(dev && { dev }),
    ...(libc !== undefined && { libc: [libc] }),
    optional: true,
    os: [os],
  };
}

/** @param {string} name such as "@oxlint/binding-linux-arm64-musl" */
function platformOf(name) {
  const words = name.slice(name.indexOf('/') + 1).split('-');
  const os = words.find((word) => systems.has(word));
  const cpu = words.find((word) => processors.has(word));
  if (os === undefined || cpu === undefined) throw new Error(`${name} does not tell its platform`);
  const libc = words.map((word) => /^(gnu|musl)/.exec(word)?.[1]).find((word) => word !== undefined);
  return { os, cpu, libc: libc === 'gnu' ? 'glibc' : libc };
}

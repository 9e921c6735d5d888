// The order of layers: a folder imports only folders before it. Also no cycles, and nothing of Node or of npm
// in the universal folders (the compiler refuses Node's globals there; this refuses its modules).
const layers = [
  ['util', 'src/util/'],
  ['types', 'src/types/'],
  ['logs', 'src/logs/'],
  ['preferred-content', 'src/preferred-content/'],
  ['remote', 'src/remote/'],
  ['p2p', 'src/p2p/(?!http/)'],
  ['p2p-http', 'src/p2p/http/'],
  ['gateway', 'src/gateway/'],
  ['sim', 'src/sim/'],
  ['client', 'src/client/'],
  ['node', 'src/node/'],
  ['cli', 'src/cli/'],
  ['dashboard', 'src/dashboard/'],
];
const universal = layers
  .slice(
    0,
    layers.findIndex(([name]) => name === 'node'),
  )
  .map(([, path]) => path);
const test = '\\.test\\.ts$';
const allowedInUniversal = '(@noble/hashes|content-disposition|mime)';
// Plain JavaScript of others in what script/build.js makes.
const bundled =
  '(@noble/hashes|commander|content-disposition|hash-wasm|lru-cache|mime|pino|prom-client|valibot|yaml|@opentelemetry/[a-z-]+)';

const layerRules = layers.slice(0, -1).map(([name, path], at) => ({
  name: `layer-${name}`,
  comment: `${name} imports only folders before it: see the table of layers in the design`,
  severity: 'error',
  from: { path: `^${path}`, pathNot: test },
  to: {
    path: layers.slice(at + 1).map(([, later]) => `^${later}`),
  },
}));

export default {
  forbidden: [
    ...layerRules,
    {
      name: 'no-cycles',
      comment: 'a cycle has no order in which it can be read',
      severity: 'error',
      from: { path: '^src/' },
      to: { circular: true },
    },
    {
      name: 'universal-no-node',
      comment: 'universal folders take clocks, randomness and I/O as arguments',
      severity: 'error',
      from: { path: universal.map((path) => `^${path}`), pathNot: test },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'universal-no-packages',
      comment: 'a package in a universal folder also goes to the browser and the simulator',
      severity: 'error',
      from: { path: universal.map((path) => `^${path}`), pathNot: test },
      to: {
        dependencyTypes: ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'npm-unknown'],
        pathNot: `node_modules/${allowedInUniversal}/`,
      },
    },
    {
      name: 'no-development-packages',
      comment: 'who installs annexus has only the runtime dependencies, and what is bundled',
      severity: 'error',
      from: { path: '^src/', pathNot: test },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], pathNot: `node_modules/${bundled}/` },
    },
    {
      name: 'no-tests-from-source',
      severity: 'error',
      from: { path: '^src/', pathNot: test },
      to: { path: [test, '^test/'] },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: { path: '^(src|test)/' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    parser: 'swc',
    // Tests may reach anywhere, and use syntax that the parser does not know.
    exclude: { path: test },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};

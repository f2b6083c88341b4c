// Imports point one way: generated code ← kit ← database ← services; generated code ← kit ← gateway. Neither a service nor the gateway imports another;
// only deploy/local puts them together. What runs on a caller's side knows nothing but the generated code.
const tests = String.raw`\.test\.ts$`;

/** What a part may import of the repository beside itself; its tests may also use the test harness. */
const layer = (name, from, allowed) => ({
  name,
  severity: 'error',
  from: { path: from, pathNot: tests },
  to: { pathNot: [from, ...allowed, 'node_modules'], dependencyTypesNot: ['core'] },
});
const layerOfTests = (name, from, allowed) => ({
  ...layer(`${name}-tests`, from, [...allowed, '^testing/', '^deploy/']),
  from: { path: `${from}.*(${tests})` },
});

const generated = '^proto/gen/';
const kit = '^services/kit/';
const database = '^services/database/';
const sdk = '^sdk/client/';

const parts = [
  ['generated', generated, []],
  ['kit', kit, [generated]],
  ['database', database, [generated, kit]],
  ...['task', 'claim', 'stats', 'key'].map((service) => [service, `^services/${service}/`, [generated, kit, database]]),
  ['gateway', '^gateway/', [generated, kit]],
  ['sdk-client', sdk, [generated]],
  ['sdk-mcp', '^sdk/mcp/', [generated, sdk]],
  ['sdk-cli', '^sdk/cli/', [generated, sdk]],
  ['orchestrator', '^orchestrator/', [kit, sdk]],
];

module.exports = {
  forbidden: [
    ...parts.map((part) => layer(...part)),
    ...parts.map((part) => layerOfTests(...part)),
    {
      name: 'no-testing-in-product',
      severity: 'error',
      from: { pathNot: `^(testing|bench|tools)/|${tests}` },
      to: { path: '^(testing|bench|tools)/' },
    },
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: String.raw`(^|/)(dist|\.proto-deps)/` },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json'],
    },
  },
};

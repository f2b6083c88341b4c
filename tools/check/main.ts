import { runTool } from '../run-tool.ts';
import { checkDocs } from './check-docs.ts';
import { checkImports } from './check-imports.ts';
import { checkProse } from './check-prose.ts';
import { checkProto } from './check-proto.ts';
import { checkTexts } from './check-texts.ts';

/** Each check returns what is wrong, in words, or an empty text. */
const checks: Record<string, () => Promise<string>> = {
  types: () => runTool('tsc', ['--noEmit']),
  style: () => runTool('biome', ['check', '--error-on-warnings', '.']),
  imports: checkImports,
  unused: () => runTool('knip', []),
  proto: checkProto,
  texts: checkTexts,
  docs: checkDocs,
  prose: checkProse,
};

const results = await Promise.all(Object.entries(checks).map(([name, check]) => report(name, check)));
const failed = results.filter((passed) => !passed).length;
console.log(failed === 0 ? `All ${results.length} checks passed.` : `${failed} of ${results.length} checks failed.`);
process.exitCode = failed === 0 ? 0 : 1;

async function report(name: string, check: () => Promise<string>): Promise<boolean> {
  const start = performance.now();
  const fault = await check().catch((error: unknown) => String(error));
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${fault === '' ? '✓' : '✗'} ${name} (${seconds} s)${fault === '' ? '' : `\n${fault.trimEnd()}\n`}`);
  return fault === '';
}

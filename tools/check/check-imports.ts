import { join } from 'node:path';
import { z } from 'zod';
import { root, run } from '../run-tool.ts';

/** Checks which file may import which, by the rules in `.dependency-cruiser.cjs`. */
export async function checkImports(): Promise<string> {
  const args = ['--config', '.dependency-cruiser.cjs', '--output-type', 'json', '.'];
  const { output } = await run(join(root, 'node_modules/.bin/depcruise'), args);
  const { summary } = resultSchema.parse(JSON.parse(output));
  // With a TypeScript version that it cannot load, it sees no files and reports no errors.
  if (summary.totalCruised === 0) return 'dependency-cruiser saw no module at all.';
  return summary.violations.map(({ from, to, rule }) => `${rule.name}: ${from} must not import ${to}`).join('\n');
}

const resultSchema = z.object({
  summary: z.object({
    totalCruised: z.number(),
    violations: z.array(z.object({ from: z.string(), to: z.string(), rule: z.object({ name: z.string() }) })),
  }),
});

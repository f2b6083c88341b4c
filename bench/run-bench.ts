import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compare, type Progress } from './measure/compare.ts';
import { describeMachine, loadAverage } from './measure/machine.ts';
import type { Part } from './parts/part.ts';
import type { PartResults, Results } from './report/results.ts';
import { startBenchPostgres } from './stage/bench-postgres.ts';
import { largeDatabases } from './stage/large-databases.ts';
import { fullScale, quickScale } from './stage/scale.ts';
import type { Stage } from './stage/stage.ts';

/** The options of a run. */
export interface BenchOptions {
  readonly quick: boolean;
  /** Shows a line of progress. */
  readonly say: (line: string) => void;
  /** Stops the run. */
  readonly signal: AbortSignal;
}

/** Runs parts one after another, on one PostgreSQL. */
export async function runBench(parts: readonly Part[], { quick, say, signal }: BenchOptions): Promise<Results> {
  await using resources = new AsyncDisposableStack();
  const startedAt = new Date();
  const root = resources.adopt(await realpath(await mkdtemp(join(tmpdir(), 'dispatcher-bench-'))), (path) =>
    rm(path, { recursive: true, force: true }),
  );
  const folder = async () => await mkdtemp(join(root, 'folder-'));
  const data = join(root, 'postgres');
  await mkdir(data);
  const postgres = resources.use(await startBenchPostgres(data));
  // When PostgreSQL stops, all running work fails at once, and cleans up.
  signal.addEventListener('abort', () => void postgres[Symbol.asyncDispose](), { once: true });
  const scale = quick ? quickScale : fullScale;
  const large = largeDatabases(postgres);

  const partResults: PartResults[] = [];
  for (const part of parts) {
    const progress: Progress = (measurement, done, of, unit) => {
      signal.throwIfAborted();
      const figure = 'value' in measurement ? `${measurement.value.toPrecision(3)} ${unit}` : `failed: ${measurement.failed}`;
      const elapsed = ((Date.now() - startedAt.getTime()) / 1000).toFixed(0);
      say(`${elapsed.padStart(4)} s  ${part.name} ${done}/${of}  ${measurement.at}  ${measurement.way}: ${figure}`);
    };
    const stage: Stage = {
      scale,
      postgres,
      folder,
      large,
      compare: (comparison, rounds = scale.rounds) => compare(comparison, Math.min(rounds, scale.rounds), progress),
    };
    const load = loadAverage();
    const start = performance.now();
    say(`${part.name}: ${part.about}`);
    const comparisons = await part.run(stage).catch((error: unknown) => {
      signal.throwIfAborted();
      throw error;
    });
    partResults.push({ name: part.name, loadAverage: load, seconds: (performance.now() - start) / 1000, comparisons });
  }
  return {
    startedAt: startedAt.toISOString(),
    commit: currentCommit(),
    isQuick: quick,
    rounds: scale.rounds,
    machine: describeMachine(postgres.version),
    parts: partResults,
  };
}

function currentCommit(): string | null {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
      cwd: import.meta.dirname,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return null;
  }
}

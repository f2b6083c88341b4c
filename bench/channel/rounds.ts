/** One of the ways that are compared. */
export interface Way {
  readonly name: string;
  /** Makes one call. `caller` is the number of the caller. */
  call(caller: number): Promise<unknown>;
  /** Prepares the next measurement. */
  prepare?(): Promise<void>;
}

/** How long to measure. */
interface Rounds {
  readonly inFlight: readonly number[];
  readonly rounds: number;
  readonly seconds: number;
}

/**
 * The median of calls per second of each way, for each number of calls in flight. The ways take turns in every round,
 * so that a change in the speed of the machine affects all of them.
 */
export async function compareWays(ways: readonly Way[], { inFlight, rounds, seconds }: Rounds): Promise<number[][]> {
  const figures = ways.map(() => inFlight.map((): number[] => []));
  for (const way of ways) await measure(way, 16, 1);
  for (let round = 0; round < rounds; round++) {
    for (const [column, callers] of inFlight.entries()) {
      for (const [row, way] of ways.entries()) figures[row]?.[column]?.push(await measure(way, callers, seconds));
    }
  }
  return figures.map((columns) => columns.map(median));
}

/** A Markdown table of the figures, each also as a part of the figure of the first way. */
export function tableOf(title: string, ways: readonly Way[], inFlight: readonly number[], figures: readonly (readonly number[])[]): string {
  const [reference = []] = figures;
  const rows = ways.map(({ name }, row) => {
    const cells = inFlight.map((_, column) => {
      const [figure = 0, whole = 0] = [figures[row]?.[column], reference[column]];
      return `${Math.round(figure).toLocaleString('en')} (${(figure / whole).toFixed(2)})`;
    });
    return `| ${name} | ${cells.join(' | ')} |`;
  });
  return [`| ${title} | ${inFlight.join(' | ')} |`, `|---|${inFlight.map(() => '---:|').join('')}`, ...rows].join('\n');
}

/** Calls per second. */
async function measure(way: Way, callers: number, seconds: number): Promise<number> {
  await way.prepare?.();
  const start = performance.now();
  let calls = 0;
  const run = async (caller: number) => {
    while (performance.now() - start < seconds * 1000) {
      await way.call(caller);
      calls += 1;
    }
  };
  await Promise.all(Array.from({ length: callers }, (_, caller) => run(caller)));
  return (calls * 1000) / (performance.now() - start);
}

function median(figures: readonly number[]): number {
  return figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)] ?? 0;
}

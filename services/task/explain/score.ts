import type { ExplainedTask } from '../sql/explain-task.ts';

/** How much each input counts, as in the database's `task_score`. */
const weights = { rev: 3, use: 2, ts: 2, sec: 4, stab: 2 } as const;

/** An effort below this counts as this, and so does none. */
const effortMin = 2;

/** How the score of a task comes about. */
export function scoreOf(task: ExplainedTask) {
  const names = Object.keys(weights) as (keyof typeof weights)[];
  const inputs = names.map((name) => {
    const value = task[name] ?? undefined;
    return { name, value, weight: weights[name], points: (value ?? 0) * weights[name] };
  });
  const { score, ageDays, halfLifeDays, effectiveScore } = task;
  return { inputs, divisor: Math.max(task.effort ?? effortMin, effortMin), score, ageDays, halfLifeDays, effectiveScore };
}

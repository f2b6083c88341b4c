import type { ExplainedTask } from '../sql/explain-task.ts';

/** The weight of each input, as in `task_score` in the database. */
const weights = { rev: 3, use: 2, ts: 2, sec: 4, stab: 2 } as const;

/** The least effort that counts. A smaller effort, or none, counts as this. */
const effortMin = 2;

/** The parts that make up the score of a task. */
export function scoreOf(task: ExplainedTask) {
  const names = Object.keys(weights) as (keyof typeof weights)[];
  const inputs = names.map((name) => {
    const value = task[name] ?? undefined;
    return { name, value, weight: weights[name], points: (value ?? 0) * weights[name] };
  });
  const { score, ageDays, halfLifeDays, effectiveScore } = task;
  return { inputs, divisor: Math.max(task.effort ?? effortMin, effortMin), score, ageDays, halfLifeDays, effectiveScore };
}

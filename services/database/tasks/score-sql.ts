/**
 * The score of a task today, as an expression over its columns. It is what the function `task_effective_score` of the
 * schema returns. PostgreSQL cannot inline a function that reads a table, and calls it in 18 µs for each row; with the
 * half-life read once by the statement a row takes 0.2 µs.
 */
export function effectiveScore(score: string, updatedAt: string): string {
  // After 600 half-lives nothing is left. Much further it would underflow, which PostgreSQL refuses.
  return `${score} * power(2::float8, greatest(-600, (utc_day(${updatedAt}) - utc_day(statement_timestamp())) / ${halfLife}))`;
}

/** The rank of a task, in the same way: what the function `task_rank` returns. */
export function rank(score: string, updatedAt: string): string {
  return `CASE WHEN ${score} <= 0 THEN '-Infinity'::float8
    ELSE round((ln(${score}) / ln(2::float8) + utc_day(${updatedAt}) / ${halfLife})::numeric, 10)::float8 END`;
}

const halfLife = '(SELECT half_life_days FROM settings)';

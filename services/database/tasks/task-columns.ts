import { Task } from '../entities/task.ts';
import { effectiveScore } from './score-sql.ts';

/**
 * The columns of a task row with the names of `TaskRow`, so that a hot statement and the ORM return the same. `row`
 * names the row in the statement.
 */
export function taskColumns(row: string): string {
  return columns
    .map(([property, column]) => `${row}.${column} AS "${property}"`)
    .concat(`${effectiveScore(`${row}.score`, `${row}.updated_at`)} AS "effectiveScore"`)
    .join(', ');
}

const columns = Object.keys(Task.properties)
  .filter((property) => property !== 'effectiveScore')
  .map((property) => [property, property.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)] as const);

/** What the dispatcher accepts as a task's id. */
const taskIdPattern = /^[a-z0-9][a-z0-9._-]{0,127}$/;

/**
 * The branch of a task, `task/<id>`: a different one for each id, and a valid ref for every id the dispatcher
 * accepts. An id may hold what git refuses (`..`, a dot at the end, `.lock` at the end); there the dot becomes `%`,
 * which no id holds.
 */
export function branchOfTask(taskId: string): string {
  if (!taskIdPattern.test(taskId)) throw new Error(`Not a task id: ${JSON.stringify(taskId)}`);
  return `task/${taskId.replace(/\.(?=\.|$|lock$)/g, '%')}`;
}

/** The form of a task id in the dispatcher. */
const taskIdPattern = /^[a-z0-9][a-z0-9._-]{0,127}$/;

/**
 * The branch of a task, `task/<id>`. Each id has its own branch, and each branch is a valid ref. An id may have parts
 * that git refuses (`..`, a dot at the end, `.lock` at the end). There the dot becomes `%`, which no id has.
 */
export function branchOfTask(taskId: string): string {
  if (!taskIdPattern.test(taskId)) throw new Error(`Not a task id: ${JSON.stringify(taskId)}`);
  return `task/${taskId.replace(/\.(?=\.|$|lock$)/g, '%')}`;
}

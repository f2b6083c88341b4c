/** This process's environment with some changes, for the test runner. */
export function environmentWith(changes: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  return { ...process.env, ...changes };
}

/** Whether tests of the whole system run it as separate processes; by default all runs in the process of the test. */
export const asProcesses: boolean = process.env.DISPATCHER_TEST_TOPOLOGY === 'processes';

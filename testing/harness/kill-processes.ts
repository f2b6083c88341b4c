/** Kills these processes with SIGKILL. A process may already be gone, because it ends together with its parent. */
export function killProcesses(pids: readonly number[]): void {
  // The id 0 would kill this process's whole group.
  for (const pid of pids.filter((one) => one > 0)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

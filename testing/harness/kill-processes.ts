/** Kills these processes with SIGKILL. One may be gone already, since it dies with its parent. */
export function killProcesses(pids: readonly number[]): void {
  // 0 would mean all of this process's own group.
  for (const pid of pids.filter((one) => one > 0)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

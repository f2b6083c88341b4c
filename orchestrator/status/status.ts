/** What one run is doing at the moment. */
export interface RunStatus {
  readonly agent: string;
  readonly task: string;
  readonly title: string;
  readonly step: string;
  readonly latest: string;
  /** By `performance.now()`. */
  readonly since: number;
}

/** What the daemon is doing, for the terminal and for the status file. */
export class Status {
  readonly #runs = new Map<string, RunStatus>();
  readonly startedAt = performance.now();
  /** Whether it looks for work, finishes what it has, or gives that back. */
  state: 'running' | 'draining' | 'stopping' = 'running';
  /** Tasks this daemon has brought to the base branch or handed over. */
  finished = 0;
  /** Runs that ended in a release. */
  released = 0;
  /** Why nothing new is begun, such as a full disk; null when work is being looked for. */
  blocked: string | null = null;
  lastFailure: string | null = null;
  /** Whether origin could not be read when it was tried last. */
  isOriginAway = false;

  /** The runs in the order in which they began. */
  get runs(): readonly RunStatus[] {
    return [...this.#runs.values()];
  }

  /** Says what a run is doing now. */
  set(run: string, change: Partial<RunStatus> & Pick<RunStatus, 'agent' | 'task' | 'title'>): void {
    const before = this.#runs.get(run);
    this.#runs.set(run, { step: '', latest: '', since: performance.now(), ...before, ...change });
  }

  /** Says the newest line of a run's agent. */
  latest(run: string, text: string): void {
    const before = this.#runs.get(run);
    if (before !== undefined) this.#runs.set(run, { ...before, latest: text });
  }

  /** The run is over. */
  delete(run: string): void {
    this.#runs.delete(run);
  }
}

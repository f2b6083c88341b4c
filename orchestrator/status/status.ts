/** What one run is doing now. */
export interface RunStatus {
  readonly agent: string;
  readonly task: string;
  readonly title: string;
  readonly step: string;
  readonly latest: string;
  /** When this step began, as `performance.now()`. */
  readonly since: number;
}

/** What the daemon is doing: the source of the live status and of the status file. */
export class Status {
  readonly #runs = new Map<string, RunStatus>();
  readonly startedAt = performance.now();
  /** `draining`: it finishes what it has in hand; `stopping`: it gives that back. */
  state: 'running' | 'draining' | 'stopping' = 'running';
  /** How many tasks it landed or handed over. */
  finished = 0;
  /** How many runs ended in a release. */
  released = 0;
  /** Why nothing new is begun, for example a full disk; null when the daemon looks for work. */
  blocked: string | null = null;
  lastFailure: string | null = null;
  /** Whether the last attempt to read origin failed. */
  isOriginAway = false;

  /** The runs, oldest first. */
  get runs(): readonly RunStatus[] {
    return [...this.#runs.values()];
  }

  /** Sets what a run is doing now. */
  set(run: string, change: Partial<RunStatus> & Pick<RunStatus, 'agent' | 'task' | 'title'>): void {
    const before = this.#runs.get(run);
    this.#runs.set(run, { step: '', latest: '', since: performance.now(), ...before, ...change });
  }

  /** Sets the newest line of a run's agent. */
  latest(run: string, text: string): void {
    const before = this.#runs.get(run);
    if (before !== undefined) this.#runs.set(run, { ...before, latest: text });
  }

  /** Removes a run that is over. */
  delete(run: string): void {
    this.#runs.delete(run);
  }
}

import { Pause, type PauseLengths } from '../daemon/pause.ts';

/** How long the result for a base is used. After that it is verified again, because the machine may have changed. */
const believedMs = 10 * 60_000;

/** The result of a verification of the base. */
type Verdict = { readonly result: 'passed' | 'aborted' } | { readonly result: 'failed'; readonly why: string };

/**
 * Whether the base passes its own set-up and verification. While it does not, no work can be judged, and the daemon
 * pauses.
 */
export class BaseHealth {
  readonly pause: Pause;
  #passed = { commit: '', at: Number.NEGATIVE_INFINITY };

  constructor(lengths: PauseLengths) {
    this.pause = new Pause(lengths);
  }

  /**
   * Verifies the base itself after work on it has failed. When it fails too, pauses the daemon and returns the reason.
   * Null when it passes.
   */
  async whyItFails(base: { readonly branch: string; readonly commit: string }, verify: () => Promise<Verdict>): Promise<string | null> {
    const { branch, commit } = base;
    if (this.#passed.commit === commit && performance.now() - this.#passed.at < believedMs) return null;
    const end = await verify();
    if (end.result === 'passed') {
      this.#passed = { commit, at: performance.now() };
      this.pause.endedWell();
    }
    return end.result === 'failed' ? this.fails(`${branch} itself does not pass: ${end.why}`) : null;
  }

  /** Pauses the daemon for this reason, and returns the reason. */
  fails(why: string): string {
    this.pause.couldNotWork({ why, isCertain: true });
    return why;
  }
}

import { Pause, type PauseLengths } from '../daemon/pause.ts';

/** How long a base that passed is believed to pass: the machine around it may change. */
const believedMs = 10 * 60_000;

/** How a verification ended, as far as the base is concerned. */
type Verdict = { readonly result: 'passed' | 'aborted' } | { readonly result: 'failed'; readonly why: string };

/**
 * Knows whether the base passes its own set-up and verification. While it does not, no work can be judged, and the
 * daemon pauses.
 */
export class BaseHealth {
  readonly pause: Pause;
  #passed = { commit: '', at: Number.NEGATIVE_INFINITY };

  constructor(lengths: PauseLengths) {
    this.pause = new Pause(lengths);
  }

  /**
   * Verifies the base itself after work on it has failed. Answers why it fails, and then pauses the daemon; null when
   * it passes.
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

  /** Pauses the daemon, for the reason that is answered. */
  fails(why: string): string {
    this.pause.couldNotWork({ why, isCertain: true });
    return why;
  }
}

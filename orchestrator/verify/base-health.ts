import { Pause, type PauseLengths } from '../daemon/pause.ts';
import type { ActiveRun } from '../run/active-run.ts';
import type { VerifyCommands } from './commands.ts';
import { verifyCommit } from './verify-commit.ts';

/** How long a base that passed is believed to pass: the machine around it may change. */
const believedMs = 10 * 60_000;

/** Knows whether the base passes its own set-up and verification. While it does not, no work can be judged, and the daemon pauses. */
export class BaseHealth {
  readonly pause: Pause;
  #passed = { commit: '', at: Number.NEGATIVE_INFINITY };

  constructor(lengths: PauseLengths) {
    this.pause = new Pause(lengths);
  }

  /** Verifies the base itself after work on it has failed. Answers why it fails, and then pauses the daemon; null when it passes. */
  async whyItFails(run: ActiveRun, base: string, commands: VerifyCommands): Promise<string | null> {
    const { baseBranch } = run.context.settings;
    if (this.#passed.commit === base && performance.now() - this.#passed.at < believedMs) return null;
    const end = await verifyCommit(run, base, commands, run.signal, 'base-');
    if (end.result === 'passed') {
      this.#passed = { commit: base, at: performance.now() };
      this.pause.endedWell();
    }
    if (end.result !== 'failed') return null;
    return this.fails(`${baseBranch} itself does not pass: ${end.why}`);
  }

  /** Pauses the daemon, for the reason that is answered. */
  fails(why: string): string {
    this.pause.couldNotWork({ why, isCertain: true });
    return why;
  }
}

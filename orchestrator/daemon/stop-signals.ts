import { oncePerKeystroke } from '@dispatcher/kit/lifecycle/once-per-keystroke.ts';
import type { DaemonContext } from './context.ts';

/** What stops a daemon. `drain` lets it finish what it has in hand; `interrupt` makes it give that back. */
export interface StopSignals {
  readonly drain: AbortSignal;
  readonly interrupt: AbortSignal;
}

/** For a person at a terminal: the first Ctrl-C or SIGTERM lets it finish, the second makes it give back. */
export function stopInTwoSteps(context: DaemonContext): StopSignals {
  const stop = createStop(context);
  const onSignal = oncePerKeystroke(() =>
    stop.drain.signal.aborted ? stop.giveBack() : stop.finish('a second signal gives back what it has in hand'),
  );
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  return stop.signals;
}

/** For a swarm, where several stops may come: every SIGTERM lets it finish, and SIGINT makes it give back. */
export function stopAsAsked(context: DaemonContext): StopSignals {
  const stop = createStop(context);
  process.on('SIGTERM', () => stop.finish('it finishes what it has in hand')).on('SIGINT', stop.giveBack);
  return stop.signals;
}

function createStop({ log, status }: DaemonContext) {
  const drain = new AbortController();
  const interrupt = new AbortController();
  return {
    drain,
    signals: { drain: drain.signal, interrupt: interrupt.signal },
    finish: (after: string) => {
      if (drain.signal.aborted) return;
      log.info(`begins no new work; ${after}`);
      status.state = 'draining';
      drain.abort();
    },
    giveBack: () => {
      log.info('stopping: it gives back what it has in hand');
      status.state = 'stopping';
      drain.abort();
      interrupt.abort();
    },
  };
}

import type { Setup } from './environment/environment.ts';
import type { FaultName, History, Operation } from './history.ts';
import type { Sometimes } from './sometimes.ts';

/** The results of all requests of one kind. */
interface RequestCount {
  readonly kind: Operation['kind'];
  readonly made: number;
  readonly succeeded: number;
  readonly refused: number;
  readonly nothing: number;
  readonly unknown: number;
}

/** The figures of a run, as they are stored between two commands. */
export interface SeedSummary {
  readonly seed: number;
  readonly setup: Setup;
  readonly rounds: number;
  readonly seconds: number;
  /** The day, as `2026-11-22`. */
  readonly day: string;
  readonly requests: readonly RequestCount[];
  /** How often requests were sent, how many of these attempts had no answer, and how many were answered 503. */
  readonly sent: number;
  readonly unanswered: number;
  readonly unavailable: number;
  /** The number of events in the log at the end. */
  readonly events: number;
  /** The number of stream events that readers received. */
  readonly frames: number;
  readonly leasesEnded: number;
  readonly faults: readonly {
    readonly name: FaultName;
    readonly link: string | null;
    readonly hit: readonly string[];
    readonly ms: number;
    readonly recoveryMs: number | null;
  }[];
  readonly sometimes: Sometimes;
  /** The promises that were broken, in words. A fault that never had its effect is one too. */
  readonly violations: readonly string[];
  /** The faults that this machine did not allow, each with the reason. */
  readonly impossible: readonly string[];
}

/** What is known of a run at its end. */
type Run = Pick<SeedSummary, 'seed' | 'setup' | 'rounds' | 'seconds' | 'events' | 'sometimes' | 'violations' | 'impossible'> & {
  readonly history: History;
};

/** Computes the figures of a run. */
export function summaryOf({ history, ...run }: Run): SeedSummary {
  const { operations, streams, expiries, faults } = history;
  const attempts = operations.flatMap((operation) => operation.attempts);
  return {
    ...run,
    day: new Date().toISOString().slice(0, 10),
    requests: requestsOf(operations),
    sent: attempts.length,
    unanswered: attempts.filter(({ status }) => status === null).length,
    unavailable: attempts.filter(({ status }) => status === 503).length,
    frames: streams.reduce((sum, stream) => sum + stream.frames.length, 0),
    leasesEnded: expiries.length,
    faults: faults.map(({ name, link, hit, from, to, recoveryMs }) => ({ name, link, hit, ms: to - from, recoveryMs })),
  };
}

function requestsOf(operations: readonly Operation[]): RequestCount[] {
  return [...Map.groupBy(operations, ({ kind }) => kind)].map(([kind, same]) => {
    const of = (outcome: Operation['outcome']) => same.filter((operation) => operation.outcome === outcome).length;
    return { kind, made: same.length, succeeded: of('succeeded'), refused: of('refused'), nothing: of('nothing'), unknown: of('unknown') };
  });
}

/** Describes a run in one line. */
export function lineOf({ seed, setup, rounds, seconds, requests, sent, events, frames, faults, violations, impossible }: SeedSummary): string {
  const made = requests.reduce((sum, request) => sum + request.made, 0);
  const verdict = violations.length === 0 ? 'ok' : `${violations.length} VIOLATIONS`;
  const missing = impossible.length > 0 ? `, NOT POSSIBLE HERE: ${impossible.join('; ')}` : '';
  const work = `${made} requests sent ${sent} times, ${events} events, ${frames} frames read`;
  return `seed ${seed} (${setup}, ${rounds} rounds, ${seconds.toFixed(0)} s): ${work}, ${faults.length} faults, ${verdict}${missing}`;
}

import type { ServerResponse } from 'node:http';

/** The calls for which clients wait. */
export interface InFlight {
  /** Returns a signal for the call behind `response`. It is aborted when the client leaves. */
  enter(response: ServerResponse): AbortSignal;
  /** Tells every waiting client that its connection ends after the answer. */
  endConnections(): void;
  /** Resolves when no client waits. After `patienceMs` the calls are aborted. */
  drain(patienceMs: number): Promise<void>;
}

/** Counts calls from their start until the answer was sent or the client left. */
export function createInFlight(): InFlight {
  const calls = new Map<ServerResponse, AbortController>();
  let onEmpty: (() => void) | undefined;
  return {
    enter(response) {
      const call = new AbortController();
      calls.set(response, call);
      response.once('close', () => {
        if (!response.writableFinished) call.abort();
        calls.delete(response);
        if (calls.size === 0) onEmpty?.();
      });
      return call.signal;
    },
    endConnections() {
      for (const response of calls.keys()) response.shouldKeepAlive = false;
    },
    async drain(patienceMs) {
      if (calls.size === 0) return;
      const empty = Promise.withResolvers<void>();
      onEmpty = empty.resolve;
      const late = setTimeout(() => {
        for (const call of calls.values()) call.abort();
      }, patienceMs);
      await empty.promise;
      clearTimeout(late);
    },
  };
}

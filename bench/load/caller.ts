import type { Driver, Load } from './driver.ts';
import { type Call, runLoops } from './run-loops.ts';

/** The parts of a claim that its holder needs. */
interface Claimed {
  readonly organizationId: string;
  readonly taskId: string;
  readonly claimToken: string;
  readonly agent: string;
}

/** The tasks that a caller wants. */
interface Wanted {
  readonly organizationId: string;
  readonly owner?: string;
}

/**
 * An agent that works with Dispatcher or a peer, over any transport. Methods that a way does not support are absent.
 */
export interface Caller {
  claimNext?(wanted: Wanted): Promise<Claimed | null>;
  complete?(claimed: Claimed): Promise<void>;
  create?(): Promise<void>;
  heartbeat?(claimed: Claimed): Promise<void>;
  get?(path: string): Promise<void>;
}

/** Runs a driver whose work is done by callers. `open` creates the caller of each loop, once. */
export function createRun(open: (index: number) => Caller): Driver['run'] {
  const callers: Required<Caller>[] = [];
  const callerAt = (index: number): Required<Caller> => {
    callers[index] ??= { ...cannot, ...open(index) };
    return callers[index];
  };
  return (load) => runLoops(callOf(load, callerAt), load);
}

const refuse = () => Promise.reject(new Error('this way cannot do that'));
const cannot: Required<Caller> = { claimNext: refuse, complete: refuse, create: refuse, heartbeat: refuse, get: refuse };

function callOf(load: Load, callerAt: (index: number) => Required<Caller>): Call {
  const wanted = wantedBy(load);
  const held = new Map<number, Claimed | null>();
  switch (load.work) {
    case 'claim and complete':
      return async (index) => {
        const caller = callerAt(index);
        const claimed = await caller.claimNext(wanted());
        if (!claimed) return 0;
        await caller.complete(claimed);
        return 1;
      };
    case 'claim':
      return async (index) => {
        await callerAt(index).claimNext(wanted());
        return 1;
      };
    case 'create':
      return async (index) => {
        await callerAt(index).create();
        return 1;
      };
    case 'heartbeat':
      return async (index) => {
        const caller = callerAt(index);
        const claimed = held.get(index) ?? (await caller.claimNext(wanted()));
        if (!claimed) return 0;
        held.set(index, claimed);
        await caller.heartbeat(claimed);
        return 1;
      };
    case 'get':
      return async (index) => {
        await callerAt(index).get(load.path ?? '/tasks');
        return 1;
      };
  }
}

function wantedBy({ organizations = ['org-0'], owner }: Load): () => Wanted {
  return () => ({ organizationId: organizations[Math.floor(Math.random() * organizations.length)] ?? '', ...(owner !== undefined && { owner }) });
}

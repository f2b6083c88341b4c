import type { Caller } from './caller.ts';

/** A look-up of a key, which may still run. */
interface Lookup {
  readonly until: number;
  readonly caller: Promise<Caller>;
}

/** At most this many keys are remembered of each kind. */
const keysMax = 10_000;

/**
 * What look-ups of keys came to. Good keys and refused ones are kept apart, so that made-up keys push no good one out.
 * Times are those of `performance.now`.
 */
export class KnownKeys {
  /** In the order of their last look-up. One that is too old still says that the key was good. */
  readonly #good = new Map<string, Lookup>();
  readonly #refused = new Map<string, { until: number; refusal: unknown }>();
  readonly #unknown = new Map<string, Lookup>();

  /** The caller of a key that was looked up lately. Throws what such a look-up threw. */
  callerOf(id: string, now: number): Promise<Caller> | undefined {
    const lookup = this.#good.get(id) ?? this.#unknown.get(id);
    if (lookup && lookup.until > now) return lookup.caller;
    const refused = this.#refused.get(id);
    if (!refused) return undefined;
    if (refused.until > now) throw refused.refusal;
    this.#refused.delete(id);
    return undefined;
  }

  /** Whether the key was good when it was last looked up. */
  wasGood(id: string): boolean {
    return this.#good.has(id);
  }

  /** A look-up begins, whose answer others may use until then. */
  begin(id: string, lookup: Lookup): void {
    if (this.#good.has(id)) putLast(this.#good, id, lookup);
    else this.#unknown.set(id, lookup);
  }

  good(id: string, lookup: Lookup): void {
    this.#end(id, lookup);
    putLast(this.#good, id, lookup);
  }

  refused(id: string, lookup: Lookup, refusal: unknown, until: number): void {
    this.#end(id, lookup);
    this.#good.delete(id);
    putLast(this.#refused, id, { until, refusal });
  }

  /** The look-up failed and says nothing about the key. */
  failed(id: string, lookup: Lookup): void {
    this.#end(id, lookup);
    if (this.#good.get(id) === lookup) this.#good.set(id, { ...lookup, until: 0 });
  }

  #end(id: string, lookup: Lookup): void {
    if (this.#unknown.get(id) === lookup) this.#unknown.delete(id);
  }
}

/** Drops the first of a map that is full. */
function putLast<T>(map: Map<string, T>, id: string, value: T): void {
  map.delete(id);
  map.set(id, value);
  const [first] = map.keys();
  if (map.size > keysMax && first !== undefined) map.delete(first);
}

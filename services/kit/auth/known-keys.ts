import type { Caller } from './caller.ts';

/** A look-up of a key. It may still run. */
interface Lookup {
  readonly until: number;
  readonly caller: Promise<Caller>;
}

/** The number of valid keys, and of refused keys, that are remembered. */
const keysMax = 10_000;

/**
 * The results of look-ups. Valid and refused keys have separate maps, so that made-up keys cannot evict a valid key.
 * Times are those of `performance.now`.
 */
export class KnownKeys {
  /** Valid keys in the order of their last look-up. An entry that is too old still says that the key was valid. */
  readonly #good = new Map<string, Lookup>();
  readonly #refused = new Map<string, { until: number; refusal: unknown }>();
  readonly #unknown = new Map<string, Lookup>();

  /** The caller of a key with a recent look-up. Throws the refusal of a recent look-up. */
  callerOf(id: string, now: number): Promise<Caller> | undefined {
    const lookup = this.#good.get(id) ?? this.#unknown.get(id);
    if (lookup && lookup.until > now) return lookup.caller;
    const refused = this.#refused.get(id);
    if (!refused) return undefined;
    if (refused.until > now) throw refused.refusal;
    this.#refused.delete(id);
    return undefined;
  }

  /** Whether the key was valid at its last look-up. */
  wasGood(id: string): boolean {
    return this.#good.has(id);
  }

  /** Adds a look-up that begins. Other callers share its answer. */
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

  /** The look-up failed, so whether the key is valid is not known. */
  failed(id: string, lookup: Lookup): void {
    this.#end(id, lookup);
    if (this.#good.get(id) === lookup) this.#good.set(id, { ...lookup, until: 0 });
  }

  #end(id: string, lookup: Lookup): void {
    if (this.#unknown.get(id) === lookup) this.#unknown.delete(id);
  }
}

/** Removes the oldest entry of a map that is full. */
function putLast<T>(map: Map<string, T>, id: string, value: T): void {
  map.delete(id);
  map.set(id, value);
  const [first] = map.keys();
  if (map.size > keysMax && first !== undefined) map.delete(first);
}

/**
 * A queue with a line of waiting items for each organization. The organizations take turns, so an organization with
 * many items does not make another one wait for all of them.
 */
export class FairQueue<Item> {
  /** The first organization is the one whose turn is next. */
  readonly #lines = new Map<string, Item[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds an item at the end of its organization's line. */
  push(organizationId: string, item: Item): void {
    const line = this.#lines.get(organizationId);
    if (line) line.push(item);
    else this.#lines.set(organizationId, [item]);
    this.#size += 1;
  }

  /** Takes at most `most` items, one of each organization in turn. The next call begins with the next organization. */
  take(most: number): Item[] {
    const taken: Item[] = [];
    // A line that is put back at the end of the map is visited again by this same loop.
    for (const [organizationId, line] of this.#lines) {
      if (taken.length === most) break;
      this.#lines.delete(organizationId);
      taken.push(...line.splice(0, 1));
      if (line.length > 0) this.#lines.set(organizationId, line);
    }
    this.#size -= taken.length;
    return taken;
  }
}

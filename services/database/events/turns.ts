/**
 * Lets one at a time do its work under a name. The others wait in this process, where waiting costs no connection to
 * the database.
 */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  /** What `work` comes to, once everybody who came earlier under this name is done, however that ended. */
  async take<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(name);
    const turn = (async () => {
      await before?.catch(() => undefined);
      return await work();
    })();
    this.#last.set(name, turn);
    try {
      return await turn;
    } finally {
      if (this.#last.get(name) === turn) this.#last.delete(name);
    }
  }
}

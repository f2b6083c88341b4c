import type { DescMethod } from '@bufbuild/protobuf';
import type { Caller } from '../auth/caller.ts';
import { DispatcherError } from '../serving/errors.ts';
import { organizationOf } from './on-behalf-of.ts';
import { Semaphore, type Turn } from './semaphore.ts';

/** The most bytes that a page of a list has. Other answers have less. */
const pageMaxBytes = 4 * 1024 * 1024;

/** The bytes of all pages that a port has in memory until their clients have received them. */
const totalBytes = 64 * 1024 * 1024;

/** Eight small pages are made at the same time, and one large page beside two small ones. */
const made = { atOnce: 8, kept: 2, largePage: 6 };

/** A page from this size on is large: it keeps the process busy for many milliseconds. */
const largeBytes = 256 * 1024;

/** The number of organizations whose page sizes are remembered. */
const organizationsMax = 10_000;

/** The longest wait for room. A request that has waited longer is past its deadline. */
const waitMs = 9_000;

/**
 * Limits the pages that are made at the same time, and the bytes of pages in memory. Organizations take turns, and a
 * quarter is kept for organizations that hold little. The size of the next page is guessed from the last ones.
 */
export class AnswerRooms {
  readonly #bytes = new Semaphore({ total: totalBytes, kept: totalBytes / 4 });
  readonly #made = new Semaphore({ total: made.atOnce, kept: made.kept });
  /** The size of the last pages of an organization. */
  readonly #sizes = new Map<string, number>();

  /**
   * Waits for room for a page. `keep` says its size when it is made, and the room lasts until the client has received
   * it. Throws a 429 when the organization reads too much.
   */
  async enter(caller: Caller, signal: AbortSignal): Promise<Turn> {
    const organization = organizationOf(caller);
    const bytes = await take(this.#bytes, organization, pageMaxBytes, signal);
    const weight = (this.#sizes.get(organization) ?? pageMaxBytes) > largeBytes ? made.largePage : 1;
    const making = await take(this.#made, organization, weight, signal).catch((thrown: unknown) => {
      bytes[Symbol.dispose]();
      throw thrown;
    });
    return {
      keep: (size) => {
        making[Symbol.dispose]();
        bytes.keep(size);
        this.#remember(organization, size);
      },
      [Symbol.dispose]() {
        making[Symbol.dispose]();
        bytes[Symbol.dispose]();
      },
    };
  }

  /** A large page counts for some time, so that a small page between large ones does not hide them. */
  #remember(organization: string, size: number): void {
    const before = this.#sizes.get(organization) ?? 0;
    this.#sizes.delete(organization);
    this.#sizes.set(organization, Math.max(size, before * 0.8));
    const [oldest] = this.#sizes.keys();
    if (this.#sizes.size > organizationsMax && oldest !== undefined) this.#sizes.delete(oldest);
  }
}

async function take(turns: Semaphore, organization: string, weight: number, signal: AbortSignal): Promise<Turn> {
  const turn = turns.tryTake(organization, weight);
  if (turn) return turn;
  return await turns.take(AbortSignal.any([signal, AbortSignal.timeout(waitMs)]), organization, weight).catch((cause: unknown) => {
    throw new DispatcherError('rate_limited', tooMany, { retry_after_seconds: '1' }, cause);
  });
}

const tooMany = 'Your organization reads many lists at the same time, or does not receive their answers. Wait for some to end.';

/** Whether the answers of a method are pages. */
export const answersWithPage = (method: DescMethod): boolean => method.input.field.limit !== undefined;

import type { DescMethod } from '@bufbuild/protobuf';
import type { Caller } from '../auth/caller.ts';
import { DispatcherError } from '../serving/errors.ts';
import { organizationOf } from './on-behalf-of.ts';
import { Semaphore, type Turn } from './semaphore.ts';

/** A page of a list has so many bytes at most, and other answers have less. */
const pageMaxBytes = 4 * 1024 * 1024;

/** The bytes of all pages that a port has in memory until their clients have received them. */
const totalBytes = 64 * 1024 * 1024;

/** A request has been answered when it has waited longer. */
const waitMs = 9_000;

/**
 * Limits the bytes of pages in memory. Organizations take turns, and a quarter is kept for organizations that hold
 * little. A page holds the most bytes a page can have until its size is known, and its size until its client has
 * received it.
 */
export class AnswerRooms {
  readonly #bytes = new Semaphore({ total: totalBytes, kept: totalBytes / 4 });

  /** Waits for room for a page. Throws a 429 when the caller's organization holds too much for too long. */
  async enter(caller: Caller, signal: AbortSignal): Promise<Turn> {
    const organization = organizationOf(caller);
    const turn = this.#bytes.tryTake(organization, pageMaxBytes);
    if (turn) return turn;
    return await this.#bytes.take(AbortSignal.any([signal, AbortSignal.timeout(waitMs)]), organization, pageMaxBytes).catch((cause: unknown) => {
      throw new DispatcherError('rate_limited', tooMany, { retry_after_seconds: '1' }, cause);
    });
  }
}

const tooMany = 'Your organization reads many lists at the same time, or does not receive their answers; wait for some to end.';

/** Whether the answers of a method are pages. */
export const answersWithPage = (method: DescMethod): boolean => method.input.field.limit !== undefined;

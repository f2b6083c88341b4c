import { Recursiv, RecursivError } from '@recursiv/sdk';

/** The part of the SDK that the daemon uses. */
export type Dispatcher = Recursiv['dispatcher'];

/** How the dispatcher is reached. */
export interface DispatcherAddress {
  /** The end `/dispatcher` may be left out. */
  readonly url: string;
  readonly apiKey: string;
  readonly organizationId: string | undefined;
}

/** Creates the client. */
export function createDispatcher({ url, apiKey, organizationId }: DispatcherAddress): Dispatcher {
  const baseUrl = url.replace(/\/+$/, '').replace(/\/dispatcher$/, '');
  return new Recursiv({ apiKey, baseUrl, organizationId, timeout: 12_000, maxRetries: 2 }).dispatcher;
}

/**
 * What an error of the dispatcher means for a claim. `forbidden` is `lost`: another daemon of this machine had a task
 * of an organization that our key is not for. `away`: there was no answer, or a broken one; the caller should ask again
 * later.
 */
export function standingFromError(error: unknown): 'lost' | 'ended' | 'away' {
  if (!(error instanceof RecursivError)) return 'away';
  if (error.status === 404 || ['already_done', 'archived'].includes(error.code)) return 'ended';
  if (['already_claimed', 'claim_lost', 'not_claimed', 'forbidden'].includes(error.code)) return 'lost';
  return 'away';
}

/** The error in a few words for people, without any key. */
export function wordsFromError(error: unknown): string {
  return error instanceof RecursivError ? `${error.code}: ${error.message}` : error instanceof Error ? error.message : String(error);
}

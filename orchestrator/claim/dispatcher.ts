import { Recursiv, RecursivError } from '@recursiv/sdk';

/** The part of the SDK that the daemon uses. */
export type Dispatcher = Recursiv['dispatcher'];

/** How the dispatcher is reached. */
export interface DispatcherAddress {
  /** With or without `/dispatcher` at its end. */
  readonly url: string;
  readonly apiKey: string;
  readonly organizationId: string | undefined;
}

/** Makes the client. */
export function createDispatcher({ url, apiKey, organizationId }: DispatcherAddress): Dispatcher {
  const baseUrl = url.replace(/\/+$/, '').replace(/\/dispatcher$/, '');
  return new Recursiv({ apiKey, baseUrl, organizationId, timeout: 12_000, maxRetries: 2 }).dispatcher;
}

/**
 * What an error of the dispatcher means for a claim. A task of an organization that our key is not for, which another daemon of this machine had, is lost to us.
 * `away`: no answer, or none of sense; asking again later is right.
 */
export function standingFromError(error: unknown): 'lost' | 'ended' | 'away' {
  if (!(error instanceof RecursivError)) return 'away';
  if (error.status === 404 || ['already_done', 'archived'].includes(error.code)) return 'ended';
  if (['already_claimed', 'claim_lost', 'not_claimed', 'forbidden'].includes(error.code)) return 'lost';
  return 'away';
}

/** The error in a few words for people. A key is never among them. */
export function wordsFromError(error: unknown): string {
  return error instanceof RecursivError ? `${error.code}: ${error.message}` : error instanceof Error ? error.message : String(error);
}

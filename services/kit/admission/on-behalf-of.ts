import { AsyncLocalStorage } from 'node:async_hooks';
import type { Caller } from '../auth/caller.ts';

const organizations = new AsyncLocalStorage<string>();

/** The name for the work of the process itself. No organization can have this name. */
const itself = '';

/** The organization whose turn a caller uses. The admin has its own turn. */
export const organizationOf = ({ organizationId }: Pick<Caller, 'organizationId'>): string => organizationId ?? '*';

/**
 * Runs `work` on behalf of the organization of `caller`. Everything that it calls uses the turns of that organization.
 */
export const onBehalfOf = <T>(caller: Pick<Caller, 'organizationId'>, work: () => T): T => organizations.run(organizationOf(caller), work);

/** Runs work that serves several organizations. */
export const onBehalfOfAll = <T>(work: () => T): T => organizations.run(itself, work);

/** The organization that the current call works for. */
export const organizationAtWork = (): string => organizations.getStore() ?? itself;

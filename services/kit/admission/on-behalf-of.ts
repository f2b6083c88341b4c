import { AsyncLocalStorage } from 'node:async_hooks';
import type { Caller } from '../auth/caller.ts';

const organizations = new AsyncLocalStorage<string>();

/** The name for what the process does by itself. No organization can have it. */
const itself = '';

/** The organization of a caller, as turns are counted. The admin has a turn of its own. */
export const organizationOf = ({ organizationId }: Pick<Caller, 'organizationId'>): string => organizationId ?? '*';

/** Runs `work` as the organization of `caller`: its turns count for that, in whatever it calls. */
export const onBehalfOf = <T>(caller: Pick<Caller, 'organizationId'>, work: () => T): T => organizations.run(organizationOf(caller), work);

/** Runs what is for several organizations. */
export const onBehalfOfAll = <T>(work: () => T): T => organizations.run(itself, work);

/** For whom the current call works. */
export const organizationAtWork = (): string => organizations.getStore() ?? itself;

import type { Interceptor } from '@connectrpc/connect';
import { DispatcherError } from '../serving/errors.ts';
import { type NestedMessage, nestedMessages } from '../serving/nested-messages.ts';
import { onRequestMessage } from '../serving/request-message.ts';
import { type Caller, callerKey } from './caller.ts';

/**
 * Sets the caller's organization in every request that has an `organization_id`, and in every message within it that
 * has one, so that a handler cannot read another organization. An admin's choice stays.
 */
export const organizationScope: Interceptor = onRequestMessage((message, request) => {
  const caller = request.contextValues.get(callerKey);
  if (caller.organizationId === null) return;
  for (const nested of nestedMessages(request.method.input, message)) scopeToOrganization(nested, caller);
});

function scopeToOrganization({ schema, message, at }: NestedMessage, caller: Caller): void {
  if (!schema.field.organizationId) return;
  const asked = message.organizationId;
  if (asked !== undefined && asked !== '' && asked !== caller.organizationId) {
    const field = `${at}organization_id`;
    throw new DispatcherError('forbidden', `${field}: this key acts for another organization.`, { field });
  }
  message.organizationId = caller.organizationId;
}

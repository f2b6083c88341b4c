import type { DescMessage, Message } from '@bufbuild/protobuf';
import type { Interceptor } from '@connectrpc/connect';
import { DispatcherError } from '../serving/errors.ts';
import { onRequestMessage } from '../serving/request-message.ts';
import { type Caller, callerKey } from './caller.ts';

/**
 * Sets the caller's organization in every request that has an `organization_id`, so that a handler cannot read another
 * organization. An admin's choice stays.
 */
export const organizationScope: Interceptor = onRequestMessage((message, request) => {
  scopeToOrganization(request.method.input, message, request.contextValues.get(callerKey));
});

function scopeToOrganization(schema: DescMessage, message: Message & { organizationId?: unknown }, caller: Caller): void {
  if (caller.organizationId === null || !schema.field.organizationId) return;
  const asked = message.organizationId;
  if (asked !== undefined && asked !== '' && asked !== caller.organizationId) {
    throw new DispatcherError('forbidden', 'organization_id: this key acts for another organization.', { field: 'organization_id' });
  }
  message.organizationId = caller.organizationId;
}

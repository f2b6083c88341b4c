import type { ServiceImpl } from '@connectrpc/connect';
import { cursorPart, pageOf, pageWanted } from '@dispatcher/database/page.ts';
import { claimFromRow } from '@dispatcher/database/tasks/task-message.ts';
import type { ClaimService } from '@recursiv/proto/gen/dispatcher/v1/claim_pb.ts';
import type { ClaimDependencies } from '../dependencies.ts';
import { listClaims as list } from '../sql/list-claims.ts';

/** The live claims, oldest first. */
export function listClaims({ database: { pool } }: ClaimDependencies): ServiceImpl<typeof ClaimService>['listClaims'] {
  return async (request) => {
    const wanted = pageWanted(request, [cursorPart.integer, cursorPart.text, cursorPart.text]);
    const found = await list(pool, request.organizationId ?? null, request.agent ?? null, wanted);
    const { rows, meta } = pageOf(found, wanted, (row) => [row.claimedAtMicros, row.organizationId, row.id]);
    return { data: rows.map((row) => claimFromRow(row)), meta };
  };
}

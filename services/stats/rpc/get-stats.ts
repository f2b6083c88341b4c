import type { ServiceImpl } from '@connectrpc/connect';
import type { StatsService } from '@recursiv/proto/gen/dispatcher/v1/stats_pb.ts';
import type { StatsDependencies } from '../dependencies.ts';
import { type Count, readCounts } from '../sql/read-counts.ts';

/** The number of tasks by status, owner and layer. */
export function getStats({ database }: StatsDependencies): ServiceImpl<typeof StatsService>['getStats'] {
  return async (request) => {
    const counts = await readCounts(database.pool, request.organizationId ?? null);
    return {
      data: { byStatus: { pending: 0n, claimed: 0n, done: 0n, ...by('status', counts) }, byOwner: by('owner', counts), byLayer: by('layer', counts) },
    };
  };
}

/** Uses `Object.fromEntries`, so that an owner called `__proto__` is counted like any other. */
function by(dimension: Count['dimension'], counts: readonly Count[]): Record<string, bigint> {
  return Object.fromEntries(counts.filter((count) => count.dimension === dimension).map(({ value, count }) => [value, BigInt(count)]));
}

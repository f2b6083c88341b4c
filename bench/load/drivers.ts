/** All drivers by name. A process loads only the one it needs. */
export const drivers = {
  'dispatcher-statements': () => import('./drivers/dispatcher-statements.ts'),
  'dispatcher-services': () => import('./drivers/dispatcher-services.ts'),
  rest: () => import('./drivers/rest.ts'),
  grpc: () => import('./drivers/grpc.ts'),
  stream: () => import('./drivers/stream.ts'),
  'hand-written': () => import('./drivers/hand-written.ts'),
  'pg-boss': () => import('./drivers/pg-boss.ts'),
  'pg-boss-batches': () => import('./drivers/pg-boss-batches.ts'),
  'graphile-worker': () => import('./drivers/graphile-worker.ts'),
  'graphile-worker-local-queue': () => import('./drivers/graphile-worker-local-queue.ts'),
} as const;

/** The name of a driver. */
export type DriverName = keyof typeof drivers;

import { z } from 'zod';
import type { Driver, Load } from './driver.ts';
import { drivers } from './drivers.ts';

// A process that makes load. Its parent sends one request after another. Each has a number, and the answer has the same
// number.
const request = z.object({
  id: z.number(),
  open: z.object({ driver: z.enum(Object.keys(drivers) as (keyof typeof drivers)[]), at: z.string(), key: z.string().optional() }).optional(),
  prepare: z.number().optional(),
  run: z.custom<Load>().optional(),
});

let driver: Driver | undefined;

process.on('message', (message) => {
  const { id, ...asked } = request.parse(message);
  answer(asked).then(
    (result) => process.send?.({ id, result }),
    (error: unknown) => process.send?.({ id, error: error instanceof Error ? error.message : String(error) }),
  );
});
process.on('disconnect', () => process.exit());

async function answer({ open, prepare, run }: Omit<z.infer<typeof request>, 'id'>): Promise<unknown> {
  if (open) {
    const { openDriver } = await drivers[open.driver]();
    driver = await openDriver({ at: open.at, ...(open.key !== undefined && { key: open.key }) });
  }
  if (prepare !== undefined) await driver?.prepare?.(prepare);
  if (run) return await driver?.run(run);
  return null;
}

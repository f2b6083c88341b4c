/** The time in milliseconds since 1970, rising evenly and finer than a millisecond. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}

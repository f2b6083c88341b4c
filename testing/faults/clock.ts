/** The time in milliseconds since 1970. It never goes back, and is finer than a millisecond. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}

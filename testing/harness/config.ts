/**
 * What every process of a test gets: the place of what Node has compiled for the processes before it, so that it
 * starts in half of the time.
 */
export function compileCache({ NODE_COMPILE_CACHE: place } = process.env): Record<string, string> {
  return place === undefined ? {} : { NODE_COMPILE_CACHE: place };
}

const name = 'NODE_COMPILE_CACHE';

/**
 * The environment of every process of a test. It contains the folder of Node's compile cache, which halves the start
 * time.
 */
export function compileCache(env: Readonly<Record<string, string | undefined>> = process.env): Record<string, string> {
  const place = env[name];
  return place === undefined ? {} : { [name]: place };
}

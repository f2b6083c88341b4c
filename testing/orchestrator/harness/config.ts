/** The part of the test's own environment that its daemons get. */
export function inherited(env: Readonly<Record<string, string | undefined>> = process.env): Record<string, string> {
  const names = ['PATH', 'HOME', 'LANG', 'TMPDIR', 'NODE_COMPILE_CACHE'];
  return Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}

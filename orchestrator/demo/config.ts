/** The environment of the demonstration's processes. The settings of the person who runs it must not reach them. */
export function demoEnvironment(env: Readonly<Record<string, string | undefined>> = process.env): Record<string, string> {
  const names = ['PATH', 'HOME', 'USER', 'LANG', 'TZ', 'TMPDIR'];
  return Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}

/** What the demonstration's processes inherit: where programs are, and nothing that would point them elsewhere. */
export function demoEnvironment(env: Readonly<Record<string, string | undefined>> = process.env): Record<string, string> {
  const names = ['PATH', 'HOME', 'USER', 'LANG', 'TZ', 'TMPDIR'];
  return Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}

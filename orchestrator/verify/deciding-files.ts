import path from 'node:path';

/** Files that decide what a tool runs, by tool. When one of them changes anywhere in the tree, a person must look. */
const wholeFiles: readonly RegExp[] = [
  // npm, pnpm, yarn, bun and what runs scripts over workspaces
  /(^|\/)(\.npmrc|\.pnpmfile\.[cm]?js|pnpm-workspace\.yaml|\.yarnrc(\.yml)?|bunfig\.toml|turbo\.json|nx\.json|project\.json|lerna\.json)$/,
  /(^|\/)\.yarn\/(releases|plugins|patches)\//,
  // test runners, compilers and linters of JavaScript
  /(^|\/)(\.mocharc(\..*)?|(vitest|vite|jest|playwright|karma|ava|cypress|wdio|babel|eslint|rollup|webpack)\.(config|workspace|conf)(\.[\w-]+)*\.\w+)$/,
  /(^|\/)(tsconfig[^/]*\.json|jsconfig\.json|\.babelrc(\..*)?|\.swcrc|\.eslintrc(\..*)?|\.eslintignore|biome\.jsonc?|\.oxlintrc\.json|\.nycrc(\..*)?|\.c8rc(\..*)?)$/,
  /(^|\/)(deno\.jsonc?|import_map\.json)$/,
  // make, just and task
  /(^|\/)([Mm]akefile|GNUmakefile|[^/]+\.mk|\.?[Jj]ustfile|[Tt]askfile\.ya?ml)$/,
  // pytest, tox, nox, ruff, mypy and what Python loads by itself
  /(^|\/)(\.?pytest\.ini|tox\.ini|noxfile\.py|conftest\.py|setup\.cfg|\.?ruff\.toml|\.?mypy\.ini|pyrightconfig\.json|\.coveragerc|\.flake8|(site|user)customize\.py|[^/]+\.pth)$/,
  // cargo
  /(^|\/)(\.cargo\/config(\.toml)?|\.?clippy\.toml|\.?rustfmt\.toml|\.config\/nextest\.toml)$/,
  // go
  /(^|\/)(go\.work|\.golangci\.(ya?ml|toml|json))$/,
  // gradle and maven
  /(^|\/)((build|settings|init)\.gradle(\.kts)?|gradle\.properties|gradlew(\.bat)?|pom\.xml|mvnw(\.cmd)?)$/,
  /(^|\/)(gradle\/wrapper|buildSrc|\.mvn)\//,
  // versions of tools, and environments that load by themselves
  /(^|\/)(\.tool-versions|\.?mise\.toml|\.envrc|\.nvmrc|\.(node|python|ruby|java)-version|rust-toolchain(\.toml)?)$/,
];

/** Whether any change of a file may change the verification. */
export function decides(file: string): boolean {
  return wholeFiles.some((one) => one.test(file));
}

/** Files of which ordinary work changes a part, each with a function that reads the part that decides. */
const partlyDeciding: Readonly<Record<string, (text: string) => string>> = {
  'pyproject.toml': (text) => withoutTables(text, /^(project(\.(optional-dependencies|urls))?|dependency-groups|tool\.poetry\.(.*\.)?dependencies)$/),
  'Cargo.toml': (text) => withoutTables(text, /^((workspace|target\..*)\.)?((dev|build)-)?dependencies(\..*)?$|^features$/),
  'go.mod': (text) =>
    lines(text)
      .filter((line) => /^\s*(replace|toolchain|exclude)\b|=>/.test(line))
      .join('\n'),
  'package.json': (text) => manifestSettings(text),
};

/** The part of a file that decides about the verification. Null for a file that has none. */
export function decidingPart(file: string, text: string | null): string | null {
  const read = partlyDeciding[path.posix.basename(file)];
  return read === undefined ? null : read(text ?? '');
}

/** The keys of a manifest that configure a test runner or a package manager. Scripts are checked one by one. */
function manifestSettings(text: string): string {
  try {
    const parsed: unknown = JSON.parse(text === '' ? '{}' : text);
    if (typeof parsed !== 'object' || parsed === null) return text;
    const keys = ['jest', 'vitest', 'mocha', 'ava', 'tap', 'nyc', 'c8', 'babel', 'eslintConfig', 'workspaces', 'packageManager', 'pnpm', 'imports'];
    return JSON.stringify(Object.entries(parsed).filter(([key]) => keys.includes(key)));
  } catch {
    return text;
  }
}

/** A TOML file without the allowed tables. A key before the first table belongs to none of them. */
function withoutTables(text: string, allowed: RegExp): string {
  let table = '';
  const kept: string[] = [];
  for (const line of lines(text)) {
    table = /^\s*\[\[?\s*([^\]]+?)\s*\]\]?\s*(#.*)?$/.exec(line)?.[1]?.replaceAll(/["']/g, '') ?? table;
    if (!allowed.test(table) && line.trim() !== '') kept.push(line.trim());
  }
  return kept.join('\n');
}

function lines(text: string): string[] {
  return text.split(/\r?\n/);
}

/** What a program needs to find its tools, its language and its network. No key is among it. */
const basic =
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_\w+|TZ|TERM|TMPDIR|XDG_(CONFIG|CACHE|DATA|RUNTIME)_\w+|(HTTPS?|NO|ALL)_PROXY|(https?|no|all)_proxy|SSL_CERT_(FILE|DIR)|NODE_EXTRA_CA_CERTS|(NVM|FNM|VOLTA|PNPM|ASDF|MISE|PYENV|RBENV|CARGO|RUSTUP|GO|JAVA|COREPACK)_?(DIR|HOME|ROOT|PATH)?)$/;

/** What an agent needs to reach its model, and nothing else that may be secret. */
const ofAgents =
  /^(ANTHROPIC_\w+|CLAUDE_CODE_\w+|CLAUDE_CONFIG_DIR|OPENAI_(API_KEY|BASE_URL)|CODEX_\w+|GEMINI_API_KEY|GOOGLE_API_KEY|CURSOR_API_KEY|IS_SANDBOX)$/;

/** What git needs to reach a remote as the user does. */
const ofGit = /^(SSH_AUTH_SOCK|SSH_AGENT_PID|SSH_ASKPASS|GIT_ASKPASS|GIT_SSH|GIT_SSH_COMMAND|GIT_SSH_VARIANT|GIT_SSL_\w+|DISPLAY)$/;

type Environment = Readonly<Record<string, string | undefined>>;

/** The environment of set-up and verify commands: they run what agents wrote, so they get no key at all. */
export function commandEnvironment(env: Environment): Record<string, string> {
  return { ...pick(env, [basic]), CI: 'true' };
}

/** The environment of an agent. */
export function agentEnvironment(env: Environment): Record<string, string> {
  return pick(env, [basic, ofAgents]);
}

/** The environment of the daemon's own git. */
export function gitEnvironment(env: Environment): Record<string, string> {
  return pick(env, [basic, ofGit]);
}

function pick(env: Environment, patterns: readonly RegExp[]): Record<string, string> {
  const entries = Object.entries(env).flatMap(([name, value]) =>
    value !== undefined && patterns.some((one) => one.test(name)) ? [[name, value] as const] : [],
  );
  return Object.fromEntries(entries);
}

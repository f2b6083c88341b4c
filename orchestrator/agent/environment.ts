import path from 'node:path';

/** Variables with which a program finds its tools, its language and its network. None of them has a key. */
const basic =
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_\w+|TZ|TERM|TMPDIR|XDG_(CONFIG|CACHE|DATA|RUNTIME)_\w+|(HTTPS?|NO|ALL)_PROXY|(https?|no|all)_proxy|SSL_CERT_(FILE|DIR)|NODE_EXTRA_CA_CERTS|(NVM|FNM|VOLTA|PNPM|ASDF|MISE|PYENV|RBENV|CARGO|RUSTUP|GO|JAVA|COREPACK)_?(DIR|HOME|ROOT|PATH)?)$/;

/**
 * Variables with which development tools find their versions, caches and registries. A value with a password is not
 * passed on.
 */
const ofTools =
  /^(GO(FLAGS|PROXY|NOPROXY|PRIVATE|SUMDB|NOSUMDB|TOOLCHAIN|CACHE|MODCACHE|BIN)|PIP_(INDEX_URL|EXTRA_INDEX_URL|CERT|CACHE_DIR)|UV_(INDEX_URL|DEFAULT_INDEX|CACHE_DIR|PYTHON)|NPM_CONFIG_(REGISTRY|CACHE|CAFILE|STRICT_SSL)|VIRTUAL_ENV|CONDA_PREFIX|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|DOCKER_(HOST|CONTEXT|CERT_PATH|TLS_VERIFY)|(GRADLE|MAVEN)_(OPTS|HOME|USER_HOME)|RUSTFLAGS|RUSTUP_TOOLCHAIN|CARGO_(TARGET_DIR|NET_\w+)|PKG_CONFIG_PATH|LD_LIBRARY_PATH|ANDROID_(HOME|SDK_ROOT)|DOTNET_ROOT|PLAYWRIGHT_BROWSERS_PATH|CHROME_BIN)$/;

/** Variables with which an agent reaches its model. No other secret is passed on. */
const ofAgents =
  /^(ANTHROPIC_\w+|CLAUDE_CODE_\w+|CLAUDE_CONFIG_DIR|OPENAI_(API_KEY|BASE_URL)|CODEX_\w+|GEMINI_API_KEY|GOOGLE_(API_KEY|GENAI_\w+|GEMINI_\w+)|(OPENROUTER|XAI|MISTRAL|DEEPSEEK|GROQ)_API_KEY|CURSOR_API_KEY|IS_SANDBOX)$/;

/** Variables of a cloud. They are passed on only when another variable says that the model is reached through it. */
const ofClouds: readonly { readonly when: readonly string[]; readonly names: RegExp }[] = [
  { when: ['CLAUDE_CODE_USE_BEDROCK'], names: /^AWS_\w+$/ },
  {
    when: ['CLAUDE_CODE_USE_VERTEX', 'GOOGLE_GENAI_USE_VERTEXAI'],
    names: /^(GOOGLE_(APPLICATION_CREDENTIALS|CLOUD_\w+)|GCLOUD_PROJECT|CLOUDSDK_\w+|CLOUD_ML_REGION|VERTEX_\w+)$/,
  },
  { when: ['CLAUDE_CODE_USE_FOUNDRY'], names: /^AZURE_\w+$/ },
];

/** Variables with which git reaches a remote like the user does. */
const ofGit = /^(SSH_AUTH_SOCK|SSH_AGENT_PID|SSH_ASKPASS|GIT_ASKPASS|GIT_SSH|GIT_SSH_COMMAND|GIT_SSH_VARIANT|GIT_SSL_\w+|DISPLAY)$/;

type Environment = Readonly<Record<string, string | undefined>>;

/** The environment of set-up and verification. They run code of agents, so they get no key except those in `more`. */
export function commandEnvironment(env: Environment, more: readonly string[] = []): Record<string, string> {
  return { ...pick(env, (name) => basic.test(name) || isOfTools(name, env) || more.includes(name)), CI: 'true' };
}

/** The environment of an agent, with the variables in `more`. */
export function agentEnvironment(env: Environment, more: readonly string[] = []): Record<string, string> {
  const clouds = ofClouds.filter(({ when }) => when.some((name) => isOn(env[name]))).map(({ names }) => names);
  const allowed = [basic, ofAgents, ...clouds];
  return pick(env, (name) => allowed.some((one) => one.test(name)) || isOfTools(name, env) || more.includes(name));
}

/** The environment of the daemon's own git. */
export function gitEnvironment(env: Environment): Record<string, string> {
  return pick(env, (name) => basic.test(name) || ofGit.test(name));
}

function isOn(value: string | undefined): boolean {
  return value !== undefined && !['', '0', 'false'].includes(value.toLowerCase());
}

function isOfTools(name: string, env: Environment): boolean {
  return ofTools.test(name) && !/:\/\/[^/\s]*@/.test(env[name] ?? '');
}

function pick(env: Environment, isWanted: (name: string) => boolean): Record<string, string> {
  const entries = Object.entries(env).flatMap(([name, value]) => (value !== undefined && isWanted(name) ? [[name, value] as const] : []));
  const picked = Object.fromEntries(entries);
  return picked.PATH === undefined ? picked : { ...picked, PATH: usersPath(picked.PATH) };
}

const ownFolder = path.resolve(import.meta.dirname, '..', '..');

/**
 * The search path with our own programs last. `npm run` puts them first, so `node` and `tsc` would be ours and not the
 * user's. They stay in it for a machine without Node.
 */
function usersPath(searchPath: string): string {
  const folders = searchPath.split(':');
  const isOurs = (folder: string) => {
    const owner = folder.replace(/\/node_modules\/\.bin$/, '');
    return folder.endsWith('/node-gyp-bin') || (owner !== folder && `${ownFolder}/`.startsWith(`${owner}/`)) || folder.startsWith(`${ownFolder}/`);
  };
  return [...folders.filter((folder) => !isOurs(folder)), ...folders.filter(isOurs)].join(':');
}

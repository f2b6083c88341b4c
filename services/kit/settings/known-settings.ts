/**
 * Every setting of Dispatcher with its meaning, grouped by the programs that read it. The defaults and limits are in
 * the `config.ts` of each program. A variable with one of our prefixes that is not in this table is an error.
 */
export const knownSettings: Readonly<Record<string, string>> = {
  // npm start, the services and the gateway
  HOST: 'the address to listen on; 0.0.0.0 for all addresses of this machine',
  DISPATCHER_API_KEY: 'the admin key of the server; for the orchestrator, the key that it calls with',
  LOG_LEVEL: 'how much to log: fatal, error, warn, info, debug, trace or silent',
  NODE_ENV: 'production refuses settings that are not safe there',
  TLS_CERT: 'PEM file with the certificate of this process and its chain',
  TLS_KEY: 'PEM file with the private key of TLS_CERT',
  TLS_CA: 'PEM file with the authorities that certify the processes of Dispatcher',

  // npm start and the gateway
  PORT: 'the port of REST, event streams, /healthz and /readyz',
  TASK_SERVICE_ADDRESSES: 'host:port of each process of the task service, with commas between them',
  CLAIM_SERVICE_ADDRESSES: 'host:port of each process of the claim service, with commas between them',
  STATS_SERVICE_ADDRESSES: 'host:port of each process of the stats service, with commas between them',
  KEY_SERVICE_ADDRESSES: 'host:port of each process of the key service, with commas between them',

  // npm start and the services
  GRPC_PORT: 'the port of gRPC, gRPC-Web and Connect',
  DATABASE_URL: 'the PostgreSQL server, as postgresql://user:password@host:5432/database',
  NATS_URL: 'the NATS servers, as nats://host:4222, with commas between them',
  NATS_SUBJECT_PREFIX: 'the beginning of every NATS subject; one for each installation that shares a NATS',
  NATS_CREDS: 'credentials file for NATS',
  NATS_TLS_CA: 'PEM file with the authorities that certify the NATS servers',
  NATS_TLS_CERT: 'PEM file with the certificate that is shown to NATS',
  NATS_TLS_KEY: 'PEM file with the private key of NATS_TLS_CERT',
  DISPATCHER_SCORE_HALF_LIFE_DAYS: 'days after which the score of an untouched task is halved',
  DISPATCHER_MAX_ATTEMPTS: 'claims that may fail before a task is held',
  DISPATCHER_RETENTION_DAYS: 'days for which finished and archived tasks are kept',
  DISPATCHER_ALLOW_UNSAFE_SERVER: 'true starts on a PostgreSQL that may lose data, for tests',
  DISPATCHER_DATA_DIR: 'the folder for keys and data',

  // npm run keys, the orchestrator
  DISPATCHER_URL: 'where the dispatcher is, such as http://localhost:3000/api/v1/dispatcher',

  // the orchestrator
  RECURSIV_ORGANIZATION_ID: 'the organization to act for, where the key is the admin key',
  MAX_AGENTS: 'agents at work at the same time',
  AGENT_PREFIX: 'the beginning of the names of agents',
  WORKTREE_BASE_DIR: 'the beginning of the paths of worktrees',
  MERGE_ENABLED: 'true merges finished work, false hands it over to a merger',
  CLAUDE_CMD: 'the command of the agent',
  CLAUDE_ARGS: 'the arguments of the agent',
  CLAUDE_MODEL: 'the model of the agent',
  XDG_STATE_HOME: 'the folder for the state of runs',
  ORCH_REPO_DIR: 'the git repository to work on',
  ORCH_BASE_BRANCH: 'the branch that work starts from and is merged into',
  ORCH_SETUP_CMD: 'shell command that prepares a worktree',
  ORCH_VERIFY_CMD: 'shell command that decides whether work is good',
  ORCH_MERGE_BATCH: 'candidates that are verified together, at most',
  ORCH_AGENT_ENV: 'more variables that agents get, names separated by commas',
  ORCH_COMMAND_ENV: 'more variables that set-up and verification get, names separated by commas',
  ORCH_GUARDED_FILES: 'patterns of more files that decide what the verification does, separated by commas',
  ORCH_AGENT_TIMEOUT_MINUTES: 'minutes that an agent, a set-up or a verification may take',
  ORCH_ATTEMPTS: 'rounds that an agent gets for one claim',
  ORCH_OWNER: 'claim only tasks of this owner',
  ORCH_PROJECT: 'claim only tasks of this project',
  ORCH_LAYER: 'claim only tasks of this layer',
  ORCH_MILESTONE: 'claim only tasks of this milestone',
  ORCH_SWARM_COUNT: 'daemons in the swarm',
  ORCH_SWARM_MAX_AGENTS: 'agents in each daemon of the swarm',
  ORCH_SWARM_DIR: 'the folder for the files and logs of the swarm',
  ORCH_SWARM_STOP_MINUTES: 'minutes that a stop of the swarm waits for work in hand',

  // the dispatcher command, the SDK and the MCP server
  RECURSIV_API_KEY: 'the key to call with',
  RECURSIV_BASE_URL: 'where the API is, such as http://localhost:3000/api/v1',
  DISPATCHER_AGENT: 'the name to claim under',

  // tests
  DISPATCHER_TEST_SEED: 'the seed of a random test',
};

/**
 * Variables that the `dispatcher` command and the orchestrator set for the programs that they run. Those programs may
 * start one of ours, so these variables are no error.
 */
export const givenToCommands = /^DISPATCHER_(TASK_[A-Z_]+|ATTEMPT|RUN)$/;

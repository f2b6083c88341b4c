import { expect, test } from 'vitest';
import { unknownSettings } from './unknown-settings.ts';

const read = [
  'PORT',
  'GRPC_PORT',
  'NATS_URL',
  'TLS_CERT',
  'TASK_SERVICE_ADDRESSES',
  'DISPATCHER_DATA_DIR',
  'MAX_AGENTS',
  'CLAUDE_MODEL',
  'CLAUDE_CMD',
];

test.each([
  ['DISPATCHER_MAXATTEMPTS', 'DISPATCHER_MAX_ATTEMPTS'],
  ['DISPATCHER_RETENTION', 'DISPATCHER_RETENTION_DAYS'],
  ['dispatcher_data_dir', 'DISPATCHER_DATA_DIR'],
  ['DISPATCHER_PORT', 'PORT'],
  ['DISPATCHER_DATABASE_URL', 'DATABASE_URL'],
  ['ORCH_MAX_AGENTS', 'MAX_AGENTS'],
  ['ORCH_BASE_BRANH', 'ORCH_BASE_BRANCH'],
  ['GRPC_PROT', 'GRPC_PORT'],
  ['NATS_URI', 'NATS_URL'],
  ['TASK_SERVICE_ADDRESS', 'TASK_SERVICE_ADDRESSES'],
  ['ORCH_VERFY_CMD', 'ORCH_VERIFY_CMD'],
  ['MAX_AGENT', 'MAX_AGENTS'],
  ['CLAUDE_MODLE', 'CLAUDE_MODEL'],
])('%s is refused, and %s is named', (name, meant) => {
  expect(unknownSettings({ [name]: '3' }, read)).toEqual([`${name} is not a setting of Dispatcher. Did you mean ${meant}?`]);
});

test('a variable of ours that is near no setting is refused too, and its value is not shown', () => {
  expect(unknownSettings({ DISPATCHER_TEMPERATURE: 'hunter22' }, read)).toEqual([
    'DISPATCHER_TEMPERATURE is not a setting of Dispatcher; unset it. --help lists the settings',
  ]);
});

test.each([
  ['a setting of another program of ours', { DISPATCHER_URL: 'x', RECURSIV_API_KEY: 'x', ORCH_OWNER: 'x', DISPATCHER_TEST_SEED: '1' }],
  ['the variables that a command gets for its task', { DISPATCHER_TASK_ID: 'x', DISPATCHER_ATTEMPT: '1', DISPATCHER_RUN: 'x' }],
  ['an empty variable', { DISPATCHER_MAXATTEMPTS: '' }],
  [
    'a variable of another program',
    {
      GRPC_VERBOSITY: 'DEBUG',
      NATS_CLUSTER: 'x',
      TLS_VERSIONS: '1.3',
      DATABASE_URLS: 'x',
      HOSTS: 'x',
      PROT: 'x',
      MAX_MEMORY: '1',
      CLAUDE_CODE_MODEL: 'x',
    },
  ],
  [
    'the variables that Kubernetes sets for a service named dispatcher',
    {
      DISPATCHER_SERVICE_HOST: '10.0.0.1',
      DISPATCHER_SERVICE_PORT: '3000',
      DISPATCHER_SERVICE_PORT_HTTP: '3000',
      DISPATCHER_PORT: 'tcp://10.0.0.1:3000',
      DISPATCHER_PORT_3000_TCP: 'tcp://10.0.0.1:3000',
      DISPATCHER_PORT_3000_TCP_ADDR: '10.0.0.1',
    },
  ],
])('%s is accepted', (_what, env) => {
  expect(unknownSettings(env, read)).toEqual([]);
});

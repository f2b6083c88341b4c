import path from 'node:path';
import { expect, test } from 'vitest';
import { agentEnvironment, commandEnvironment, gitEnvironment } from './environment.ts';

const env = {
  PATH: '/bin',
  HOME: '/me',
  LC_ALL: 'C',
  ANTHROPIC_API_KEY: 'model',
  DISPATCHER_API_KEY: 'no',
  RECURSIV_API_KEY: 'no',
  DATABASE_URL: 'no',
  NATS_URL: 'no',
  AWS_SECRET_ACCESS_KEY: 'no',
  GITHUB_TOKEN: 'no',
  NODE_OPTIONS: '--require /planted.js',
  XDG_STATE_HOME: '/state',
  SSH_AUTH_SOCK: '/agent',
};

test('each program gets only the variables on its list', () => {
  const basic = { PATH: '/bin', HOME: '/me', LC_ALL: 'C' };
  expect(agentEnvironment(env)).toEqual({ ...basic, ANTHROPIC_API_KEY: 'model' });
  expect(commandEnvironment(env)).toEqual({ ...basic, CI: 'true' });
  expect(gitEnvironment(env)).toEqual({ ...basic, SSH_AUTH_SOCK: '/agent' });
});

test('variables of a cloud are passed on when another variable says that the model is reached through it', () => {
  const cloud = { ...env, AWS_REGION: 'eu', GOOGLE_APPLICATION_CREDENTIALS: '/key.json' };
  expect(agentEnvironment(cloud)).not.toHaveProperty('AWS_REGION');
  expect(agentEnvironment({ ...cloud, CLAUDE_CODE_USE_BEDROCK: '1' })).toMatchObject({ AWS_REGION: 'eu', AWS_SECRET_ACCESS_KEY: 'no' });
  expect(agentEnvironment({ ...cloud, CLAUDE_CODE_USE_VERTEX: 'true' })).toMatchObject({ GOOGLE_APPLICATION_CREDENTIALS: '/key.json' });
  expect(agentEnvironment({ ...cloud, CLAUDE_CODE_USE_BEDROCK: '0' })).not.toHaveProperty('AWS_REGION');
  expect(commandEnvironment({ ...cloud, CLAUDE_CODE_USE_BEDROCK: '1' })).not.toHaveProperty('AWS_REGION');
});

test('settings of tools are passed to the commands, unless they contain a password', () => {
  const tools = { GOFLAGS: '-mod=mod', VIRTUAL_ENV: '/venv', DOCKER_HOST: 'unix:///d', PIP_INDEX_URL: 'https://me:secret@pypi.local/simple' };
  expect(commandEnvironment(tools)).toEqual({ GOFLAGS: '-mod=mod', VIRTUAL_ENV: '/venv', DOCKER_HOST: 'unix:///d', CI: 'true' });
});

test('variables that the operator names are passed on too', () => {
  expect(agentEnvironment(env, ['GITHUB_TOKEN'])).toMatchObject({ GITHUB_TOKEN: 'no' });
  expect(commandEnvironment(env, ['NATS_URL'])).toMatchObject({ NATS_URL: 'no' });
});

test('programs of the user come before our own programs, which npm run has put first', () => {
  const root = path.resolve(import.meta.dirname, '../..');
  const ours = [`${root}/node_modules/.bin`, `${path.dirname(root)}/node_modules/.bin`, '/usr/lib/npm/node-gyp-bin'];
  const users = ['/usr/local/bin', '/opt/project/node_modules/.bin', '/bin'];
  expect(agentEnvironment({ PATH: [...ours, ...users].join(':') }).PATH).toBe([...users, ...ours].join(':'));
});

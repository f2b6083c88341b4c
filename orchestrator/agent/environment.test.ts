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

test('only names on the list are handed on, each to whom it is for', () => {
  const basic = { PATH: '/bin', HOME: '/me', LC_ALL: 'C' };
  expect(agentEnvironment(env)).toEqual({ ...basic, ANTHROPIC_API_KEY: 'model' });
  expect(commandEnvironment(env)).toEqual({ ...basic, CI: 'true' });
  expect(gitEnvironment(env)).toEqual({ ...basic, SSH_AUTH_SOCK: '/agent' });
});

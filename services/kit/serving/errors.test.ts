import { Code, ConnectError } from '@connectrpc/connect';
import { expect, test } from 'vitest';
import { DispatcherError, dispatcherErrorFrom } from './errors.ts';

test('an error of the protocol library becomes an error of the table', () => {
  expect(new DispatcherError('not_found', 'No.')).toBeInstanceOf(DispatcherError);
  expect(new DispatcherError('not_found', 'No.')).toBeInstanceOf(ConnectError);
  const foreign = new ConnectError('Gone.', Code.Unavailable);
  expect(foreign).not.toBeInstanceOf(DispatcherError);
  expect(dispatcherErrorFrom(foreign)).toMatchObject({ reason: 'unavailable', rawMessage: 'Gone.', info: { retry_after_seconds: '1' } });
});

test('an error from another process keeps its reason and details', () => {
  const { code, rawMessage, details } = new DispatcherError('invalid_argument', 'title: too long', { field: 'title' });
  const received = new ConnectError(rawMessage, code, undefined, details as ConstructorParameters<typeof ConnectError>[3]);
  expect(dispatcherErrorFrom(received)).toMatchObject({ reason: 'invalid_argument', info: { field: 'title' } });
});

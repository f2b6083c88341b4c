import { expect, test } from 'vitest';
import { writeGrpcMessage } from './grpc-message.ts';

test.each([
  ['title: must have 1 to 200 characters', 'title: must have 1 to 200 characters'],
  ['50 % of „this“\n', '50 %25 of %E2%80%9Ethis%E2%80%9C%0A'],
  ['a literal %3A', 'a literal %253A'],
])('%s', (message, written) => {
  const headers = new Headers({ 'grpc-message': encodeURIComponent(message) });
  writeGrpcMessage(headers);
  expect(headers.get('grpc-message')).toBe(written);
  // This is how grpc-js decodes it.
  expect(decodeURI(written)).toBe(message);
});

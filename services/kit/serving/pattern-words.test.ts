import { getOption } from '@bufbuild/protobuf';
import { field as fieldRules } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js';
import { ClaimService } from '@recursiv/proto/gen/dispatcher/v1/claim_pb.ts';
import { KeyService } from '@recursiv/proto/gen/dispatcher/v1/key_pb.ts';
import { StatsService } from '@recursiv/proto/gen/dispatcher/v1/stats_pb.ts';
import { TaskService } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import { expect, test } from 'vitest';
import { patternWords } from './pattern-words.ts';

test('every pattern of the contract is explained in words, and no other', () => {
  const fields = [TaskService, ClaimService, StatsService, KeyService].flatMap(({ methods }) => methods.flatMap(({ input }) => input.fields));
  const patterns = fields
    .map((field) => getOption(field, fieldRules).type)
    .flatMap(({ case: kind, value }) => (kind === 'string' ? value.pattern : []));
  expect(new Set(patterns.filter((pattern) => pattern !== ''))).toEqual(new Set(Object.keys(patternWords)));
});

import type { DescMessage } from '@bufbuild/protobuf';
import { type DescField, getOption } from '@bufbuild/protobuf';
import { ClaimedTaskSchema, ClaimService } from '@recursiv/proto/gen/dispatcher/v1/claim_pb.ts';
import { EventSchema } from '@recursiv/proto/gen/dispatcher/v1/event_pb.ts';
import { KeySchema, KeyService } from '@recursiv/proto/gen/dispatcher/v1/key_pb.ts';
import { omit_absent, only_on } from '@recursiv/proto/gen/dispatcher/v1/options_pb.ts';
import { StatsService } from '@recursiv/proto/gen/dispatcher/v1/stats_pb.ts';
import { TaskService } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { presence } from './claim/presence.ts';
import type { ClaimNextInput, CreateInput, UpdateInput } from './inputs.ts';
import type { Claim, ClaimedTask, Event, Key, Page, Stats, Task } from './outputs.ts';

/** All messages that an answer can contain. */
function answeredMessages(): Map<string, DescMessage> {
  const found = new Map<string, DescMessage>();
  const visit = (message: DescMessage) => {
    if (found.has(message.typeName) || message.file.name.startsWith('google/')) return;
    found.set(message.typeName, message);
    for (const field of message.fields) if (field.message) visit(field.message);
  };
  const methods = [TaskService, ClaimService, StatsService, KeyService].flatMap((service) => service.methods);
  for (const method of methods) if (method.methodKind === 'unary') visit(method.output);
  for (const message of [ClaimedTaskSchema, EventSchema, KeySchema]) visit(message);
  return found;
}

describe('the table beside the generated types', () => {
  test('names exactly the message fields that can be null and the fields that can be left out', () => {
    const expected: Record<string, { nullable: string[]; omitted: string[] }> = {};
    for (const [name, message] of answeredMessages()) {
      const onlyOnSome = (field: DescField) => getOption(field, only_on).length > 0;
      const omitted = message.fields.filter((field) => getOption(field, omit_absent) || onlyOnSome(field)).map((field) => field.jsonName);
      const mayBeNull = (field: DescField) => field.proto.proto3Optional && !getOption(field, omit_absent);
      const nullable = message.fields
        .filter((field) => mayBeNull(field) && (field.fieldKind === 'message' || onlyOnSome(field)))
        .map((field) => field.jsonName);
      if (nullable.length + omitted.length > 0) expected[name] = { nullable, omitted };
    }
    const sorted = (fields: { nullable: readonly string[]; omitted: readonly string[] }) => ({
      nullable: [...fields.nullable].sort(),
      omitted: [...fields.omitted].sort(),
    });
    expect(Object.fromEntries(Object.entries(presence).map(([name, fields]) => [name, sorted(fields)]))).toEqual(
      Object.fromEntries(Object.entries(expected).map(([name, fields]) => [name, sorted(fields)])),
    );
  });
});

describe('the public types', () => {
  test('a task has every field, null where it may have no value', () => {
    expectTypeOf<Task['id']>().toEqualTypeOf<string>();
    expectTypeOf<Task['owner']>().toEqualTypeOf<string | null>();
    expectTypeOf<Task['rev']>().toEqualTypeOf<number | null>();
    expectTypeOf<Task['score']>().toEqualTypeOf<number>();
    expectTypeOf<Task['created_at']>().toEqualTypeOf<string>();
    expectTypeOf<Task['completed_at']>().toEqualTypeOf<string | null>();
    expectTypeOf<Task['pr_urls']>().toEqualTypeOf<string[]>();
    expectTypeOf<Task['claim']>().toEqualTypeOf<Claim | null>();
    expectTypeOf<ClaimedTask>().toEqualTypeOf<{ task: Task; claim: Claim }>();
  });

  test('a claim, a key and a page leave their secrets and cursors out', () => {
    expectTypeOf<Claim>().toEqualTypeOf<{
      task_id: string;
      organization_id: string;
      agent: string;
      claim_token?: string;
      attempt: number;
      claimed_at: string;
      last_heartbeat_at: string;
      expires_at: string;
    }>();
    expectTypeOf<Key['key']>().toEqualTypeOf<string | undefined>();
    expectTypeOf<Page>().toEqualTypeOf<{ limit: number; offset: number; has_more: boolean; next_cursor?: string }>();
  });

  test('positions and counts are numbers', () => {
    expectTypeOf<Event['position']>().toEqualTypeOf<number | null>();
    expectTypeOf<Event['notes']>().toEqualTypeOf<string | null | undefined>();
    expectTypeOf<Event['available_at']>().toEqualTypeOf<string | null | undefined>();
    expectTypeOf<Event['task']['owner']>().toEqualTypeOf<string | null>();
    expectTypeOf<Stats>().toEqualTypeOf<{ byStatus: Record<string, number>; byOwner: Record<string, number>; byLayer: Record<string, number> }>();
  });

  test('an input requires what the proto requires, and an update clears with null', () => {
    expectTypeOf<{ agent: string }>().toExtend<ClaimNextInput>();
    expectTypeOf<{ owner: string }>().not.toExtend<ClaimNextInput>();
    expectTypeOf<CreateInput['rev']>().toEqualTypeOf<number | undefined>();
    expectTypeOf<UpdateInput['description']>().toEqualTypeOf<string | null | undefined>();
    expectTypeOf<UpdateInput['held']>().toEqualTypeOf<boolean | undefined>();
    expectTypeOf<UpdateInput>().not.toHaveProperty('task_id');
  });
});

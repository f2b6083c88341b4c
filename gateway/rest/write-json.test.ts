import { create, type JsonValue, toJson } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { ClaimNextTaskResponseSchema } from '@recursiv/proto/gen/dispatcher/v1/claim_pb.ts';
import { GetStatsResponseSchema } from '@recursiv/proto/gen/dispatcher/v1/stats_pb.ts';
import { ListTasksResponseSchema, TaskSchema } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import { assert, constantFrom, date, dictionary, double, integer, option, property, record, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createJsonWriter } from './write-json.ts';

const writeTask = createJsonWriter(TaskSchema);

describe('the JSON of an answer', () => {
  test("is the same as that of protobuf's own mapping, with null for fields that it leaves out", () => {
    const nanos = constantFrom(0, 1_000_000, 120_000_000, 123_456_000, 123_456_789);
    const time = record({ at: date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-12-31') }), nanos });
    // JSON.stringify writes -0 as 0, and the writer does the same.
    const number = double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
    const task = record({
      id: string({ unit: 'binary' }),
      owner: option(string({ unit: 'grapheme' }), { nil: undefined }),
      rev: option(number, { nil: undefined }),
      attempts: integer({ min: 0, max: 2 ** 31 - 1 }),
      completedAt: option(time, { nil: undefined }),
    });
    return assert(
      property(task, ({ id, owner, rev, attempts, completedAt }) => {
        const message = create(TaskSchema, { id, attempts, prUrls: [id], createdAt: timestampFromMs(0) });
        if (owner !== undefined) message.owner = owner;
        if (rev !== undefined) message.rev = rev;
        if (completedAt) message.completedAt = { ...timestampFromMs(Math.floor(completedAt.at.getTime() / 1000) * 1000), nanos: completedAt.nanos };
        const written = JSON.parse(writeTask(message)) as Record<string, JsonValue>;
        const mapped = toJson(TaskSchema, message, { alwaysEmitImplicit: true }) as Record<string, JsonValue>;
        expect(Object.fromEntries(Object.entries(written).filter(([, value]) => value !== null))).toEqual(mapped);
        expect(Object.keys(written)).toEqual(TaskSchema.fields.map((field) => field.jsonName));
      }),
    );
  });

  test('has null for an absent message, and has no field that the contract leaves out', () => {
    expect(createJsonWriter(ClaimNextTaskResponseSchema)(create(ClaimNextTaskResponseSchema))).toBe('{"data":null}');
    const page = create(ListTasksResponseSchema, { meta: { limit: 20 } });
    expect(JSON.parse(createJsonWriter(ListTasksResponseSchema)(page))).toEqual({ data: [], meta: { limit: 20, offset: 0, has_more: false } });
  });

  test('writes counts as numbers, also for an owner with a strange name', () => {
    const names = dictionary(constantFrom('__proto__', 'constructor', 'bill', '"', '\u2028'), integer({ min: 0 }));
    const write = createJsonWriter(GetStatsResponseSchema);
    return assert(
      property(names, (counts) => {
        const byOwner = Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, BigInt(count)]));
        const message = create(GetStatsResponseSchema, { data: { byStatus: {} } });
        if (message.data) message.data.byOwner = byOwner;
        const { data } = JSON.parse(write(message)) as { data: { byOwner: object; byLayer: object } };
        expect(Object.entries(data.byOwner).sort()).toEqual(Object.entries(counts).sort());
        expect(data.byLayer).toEqual({});
      }),
    );
  });
});

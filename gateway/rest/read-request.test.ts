import { create, equals, type JsonObject, toJson } from '@bufbuild/protobuf';
import { DispatcherError } from '@dispatcher/kit/serving/errors.ts';
import { CreateTaskRequestSchema, UpdateTaskRequestSchema } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import { anything, assert, constant, constantFrom, dictionary, double, oneof, option, property, record, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRequestReader, type RequestParts } from './read-request.ts';
import { routes } from './routes.ts';

function readerOf(rpc: string) {
  const route = routes.find((candidate) => candidate.rpc.name === rpc);
  if (!route) throw new Error(`no route leads to ${rpc}`);
  const read = createRequestReader(route);
  return (parts: Partial<RequestParts>) => read({ params: {}, url: '/', body: {}, ...parts }) as unknown as Record<string, unknown>;
}

function failureOf(action: () => unknown): { code: string; field: string | undefined } {
  try {
    action();
  } catch (thrown) {
    if (thrown instanceof DispatcherError) return { code: thrown.reason, field: thrown.info.field };
    throw thrown;
  }
  throw new Error('it was accepted');
}

describe('a request body', () => {
  test("is read in the form that protobuf's own mapping writes", () => {
    const read = readerOf('CreateTask');
    const task = record(
      { title: string(), owner: string({ unit: 'binary' }), rev: double({ noNaN: true, noDefaultInfinity: true }), held: constantFrom(true, false) },
      { requiredKeys: ['title'] },
    );
    return assert(
      property(task, (init) => {
        const message = create(CreateTaskRequestSchema, init);
        const body = toJson(CreateTaskRequestSchema, message) as JsonObject;
        expect(equals(CreateTaskRequestSchema, read({ body }) as never, message)).toBe(true);
      }),
    );
  });

  test('with random JSON is accepted or refused with a 400 that names a field', () => {
    const readers = ['CreateTask', 'UpdateTask', 'ReleaseTask', 'CreateKey'].map(readerOf);
    const names = oneof(constantFrom('title', 'rev', 'held', 'agent', 'pr_urls', 'expires_at', '__proto__', 'constructor', 'update_mask'), string());
    return assert(
      property(dictionary(names, anything()), (body) => {
        for (const read of readers) {
          try {
            read({ params: { task_id: 'x' }, body });
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(DispatcherError);
            expect(thrown).toMatchObject({ reason: 'invalid_argument', info: { field: expect.any(String) } });
          }
        }
      }),
    );
  });

  test.each([
    ['CreateTask', { title: 5 }, 'title'],
    ['CreateTask', { title: 'half a \ud800 pair' }, 'title'],
    ['CreateTask', { title: 'x', rev: '5' }, 'rev'],
    ['CreateTask', { title: 'x', held: 'true' }, 'held'],
    ['CreateTask', { title: 'x', task_id: 'x' }, 'task_id'],
    ['CreateTask', { title: 'x', organizationId: 'x' }, 'organizationId'],
    ['ClaimNextTask', { agent: 'x', wait_seconds: 1.5 }, 'wait_seconds'],
    ['ClaimNextTask', { agent: 'x', wait_seconds: 2 ** 31 }, 'wait_seconds'],
    ['ClaimNextTask', { agent: ['x'] }, 'agent'],
    ['ClaimTask', { agent: 'x', task_id: 'y' }, 'task_id'],
    ['CompleteTask', { pr_urls: 'x' }, 'pr_urls'],
    ['CompleteTask', { pr_urls: ['x', null] }, 'pr_urls'],
    ['UpdateTask', { update_mask: 'title' }, 'update_mask'],
    ['CreateKey', { expires_at: 'tomorrow' }, 'expires_at'],
    ['CreateKey', { expires_at: '2030-02-30T00:00:00Z' }, 'expires_at'],
    ['CreateKey', { expires_at: 1893456000 }, 'expires_at'],
    ['GetTask', { owner: 'x' }, 'owner'],
    ['CreateTasks', { tasks: { title: 'x' } }, 'tasks'],
    ['CreateTasks', { tasks: [{ title: 'x' }, 'y'] }, 'tasks[1]'],
    ['CreateTasks', { tasks: [null] }, 'tasks[0]'],
    ['CreateTasks', { tasks: [{ title: 'x' }, { title: 5 }] }, 'tasks[1].title'],
    ['CreateTasks', { tasks: [{ title: 'half a \ud800 pair' }] }, 'tasks[0].title'],
    ['CreateTasks', { tasks: [{ title: 'x', status: 'done' }] }, 'tasks[0].status'],
    ['CreateTasks', { tasks: Array(501).fill({}) }, 'tasks'],
    ['CompleteTasks', { claims: [{ task_id: 'x', commits: 'y' }] }, 'claims[0].commits'],
  ])('of %s with a field of the wrong kind is refused by its name: %j', (rpc, body, field) => {
    expect(failureOf(() => readerOf(rpc)({ params: { task_id: 'x' }, body }))).toEqual({ code: 'invalid_argument', field });
  });

  test('with a very long field name is refused with the beginning of the name', () => {
    const { field } = failureOf(() => readerOf('CreateTask')({ body: { ['x'.repeat(200_000)]: 1 } }));
    expect(field).toBe(`${'x'.repeat(100)}…`);
  });

  test('with a time keeps it to the nanosecond, in any zone', () => {
    const { expiresAt } = readerOf('CreateKey')({ body: { expires_at: '2030-01-01T01:00:00.123456789+01:00' } });
    expect(expiresAt).toMatchObject({ seconds: 1893456000n, nanos: 123456789 });
  });

  test('of a PATCH names the fields to write, including those with null, but not the organization', () => {
    const body = { title: 'new', owner: null, organization_id: 'acme' };
    const message = readerOf('UpdateTask')({ params: { task_id: 'x' }, body });
    const expected = { taskId: 'x', organizationId: 'acme', title: 'new', updateMask: { paths: ['owner', 'title'] } };
    expect(equals(UpdateTaskRequestSchema, message as never, create(UpdateTaskRequestSchema, expected))).toBe(true);
  });

  test('of other methods may have null for an absent field', () => {
    return assert(
      property(option(constant('x')), (owner) => {
        expect(readerOf('CreateTask')({ body: { title: 'x', owner } }).owner).toBe(owner ?? undefined);
      }),
    );
  });
});

describe('a query', () => {
  test('may name the organization on any route, but it must be the same as in the body', () => {
    const url = '/?organization_id=acme';
    expect(readerOf('CreateTask')({ url, body: { title: 'x' } }).organizationId).toBe('acme');
    expect(readerOf('CreateTask')({ url, body: { title: 'x', organization_id: 'acme' } }).organizationId).toBe('acme');
    const field = 'organization_id';
    expect(failureOf(() => readerOf('CreateTask')({ url, body: { title: 'x', [field]: 'globex' } }))).toEqual({ code: 'invalid_argument', field });
  });

  test('has numbers, booleans and lists as text', () => {
    expect(readerOf('ListTasks')({ url: '/tasks?limit=5&held=false&owner=a+b%2B' })).toMatchObject({ limit: 5, held: false, owner: 'a b+' });
    expect(readerOf('WatchEvents')({ url: '/stream?types=a,b&types=c&after=9007199254740993' })).toMatchObject({
      types: ['a', 'b', 'c'],
      after: 9007199254740993n,
    });
  });

  test.each([
    ['limit=x', 'limit'],
    ['limit=', 'limit'],
    ['limit=1e3', 'limit'],
    ['limit=1.5', 'limit'],
    ['limit=1&limit=2', 'limit'],
    ['held=yes', 'held'],
    ['nothing=1', 'nothing'],
    ['__proto__=1', '__proto__'],
    ['task_id=1', 'task_id'],
    ['owner=%zz', undefined],
    ['owner=%ff', undefined],
  ])('%s is refused', (query, field) => {
    expect(failureOf(() => readerOf('ListTasks')({ url: `/tasks?${query}` }))).toEqual({ code: 'invalid_argument', field });
  });

  test('on a route with a body is refused', () => {
    expect(failureOf(() => readerOf('CreateTask')({ url: '/tasks?title=x' }))).toEqual({ code: 'invalid_argument', field: 'title' });
  });
});

import { hasOption } from '@bufbuild/protobuf';
import { ClaimService } from '@recursiv/proto/gen/dispatcher/v1/claim_pb.ts';
import { KeyService } from '@recursiv/proto/gen/dispatcher/v1/key_pb.ts';
import { StatsService } from '@recursiv/proto/gen/dispatcher/v1/stats_pb.ts';
import { TaskService } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import { http } from '@recursiv/proto/gen/google/api/annotations_pb.ts';
import { expect, test } from 'vitest';
import { ValidationError } from '../errors.ts';
import { requestFromFields } from './route.ts';

test('every method is called at the route of the contract', () => {
  const methods = [TaskService, ClaimService, StatsService, KeyService]
    .flatMap((service) => service.methods)
    .filter((method) => hasOption(method, http));
  const routes = methods.map((method) => {
    const { verb, path, body } = requestFromFields(method, { task_id: 't', key_id: 'k' });
    return `${method.name}: ${verb} ${path.replace(/\?.*/, '')}${body === undefined ? '' : ' with a body'}`;
  });
  expect(routes.sort()).toEqual([
    'ArchiveTask: POST /dispatcher/tasks/t/archive with a body',
    'ClaimNextTask: POST /dispatcher/tasks/claim-next with a body',
    'ClaimNextTasks: POST /dispatcher/tasks/claim-batch with a body',
    'ClaimTask: POST /dispatcher/claim/t with a body',
    'CompleteTask: POST /dispatcher/done/t with a body',
    'CompleteTasks: POST /dispatcher/claims/done with a body',
    'CreateKey: POST /dispatcher/keys with a body',
    'CreateTask: POST /dispatcher/tasks with a body',
    'CreateTasks: POST /dispatcher/tasks/batch with a body',
    'ExplainTask: GET /dispatcher/tasks/t/explain',
    'GetStats: GET /dispatcher/stats',
    'GetTask: GET /dispatcher/tasks/t',
    'GetTaskGraph: GET /dispatcher/tasks/t/graph',
    'HeartbeatTask: POST /dispatcher/heartbeat/t with a body',
    'HeartbeatTasks: POST /dispatcher/claims/heartbeat with a body',
    'ListClaims: GET /dispatcher/claims',
    'ListKeys: GET /dispatcher/keys',
    'ListTaskActivity: GET /dispatcher/tasks/t/activity',
    'ListTaskAttempts: GET /dispatcher/tasks/t/attempts',
    'ListTasks: GET /dispatcher/tasks',
    'ReleaseTask: POST /dispatcher/release/t with a body',
    'RevokeKey: DELETE /dispatcher/keys/k',
    'UpdateTask: PATCH /dispatcher/tasks/t with a body',
    'WatchEvents: GET /dispatcher/stream',
  ]);
});

test('an id is in the path, escaped, and nowhere else; null is kept in a body', () => {
  const { path, body } = requestFromFields(TaskService.method.updateTask, { task_id: 'a/b?c#d e', description: null, owner: undefined });
  expect(path).toBe('/dispatcher/tasks/a%2Fb%3Fc%23d%20e');
  expect(body).toBe('{"description":null}');
});

test('the fields of a GET are in the query: one pair for each item of a list, none for an absent value', () => {
  const { path } = requestFromFields(StatsService.method.watchEvents, { types: ['task.created', 'task.claimed'], organization_id: undefined });
  expect(path).toBe('/dispatcher/stream?types=task.created&types=task.claimed');
  expect(requestFromFields(TaskService.method.listTasks, { held: false, owner: 'a&b' }).path).toBe('/dispatcher/tasks?held=false&owner=a%26b');
});

test('an id that would lead to another route is refused', () => {
  for (const id of ['', '.', '..', undefined]) {
    expect(() => requestFromFields(ClaimService.method.completeTask, { task_id: id }), String(id)).toThrow(ValidationError);
  }
  expect(requestFromFields(TaskService.method.getTask, { task_id: '\ud800' }).path).toBe('/dispatcher/tasks/%EF%BF%BD');
});

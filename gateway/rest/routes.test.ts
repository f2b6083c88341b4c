import { expect, test } from 'vitest';
import { routes } from './routes.ts';

test('the routes are those of the public contract', () => {
  expect(routes.map(({ method, path, rpc, status }) => `${method} ${path.replace('/api/v1/dispatcher', '')} ${rpc.name} ${status}`).sort()).toEqual(
    [
      'GET /tasks ListTasks 200',
      'POST /tasks CreateTask 201',
      'POST /tasks/batch CreateTasks 201',
      'POST /tasks/claim-batch ClaimNextTasks 200',
      'GET /tasks/{task_id} GetTask 200',
      'PATCH /tasks/{task_id} UpdateTask 200',
      'POST /tasks/{task_id}/archive ArchiveTask 200',
      'GET /tasks/{task_id}/activity ListTaskActivity 200',
      'GET /tasks/{task_id}/attempts ListTaskAttempts 200',
      'GET /tasks/{task_id}/explain ExplainTask 200',
      'GET /tasks/{task_id}/graph GetTaskGraph 200',
      'POST /tasks/claim-next ClaimNextTask 200',
      'POST /claim/{task_id} ClaimTask 200',
      'POST /claims/done CompleteTasks 200',
      'POST /claims/heartbeat HeartbeatTasks 200',
      'POST /tasks/{task_id}/claim ClaimTask 200',
      'POST /heartbeat/{task_id} HeartbeatTask 200',
      'POST /done/{task_id} CompleteTask 200',
      'POST /release/{task_id} ReleaseTask 200',
      'GET /claims ListClaims 200',
      'GET /stats GetStats 200',
      'GET /stream WatchEvents 200',
      'GET /keys ListKeys 200',
      'POST /keys CreateKey 201',
      'DELETE /keys/{key_id} RevokeKey 200',
    ].sort(),
  );
});

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateTaskRequestSchema, UpdateTaskRequestSchema } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import { expect, test } from 'vitest';
import { contentColumns } from '../task-content.ts';
import { updateTaskSql } from './update-task.ts';

const content = new Set<string>(contentColumns);
const computed = ['rank', 'updated_at'];

/** The columns that the UPDATE statements on tasks in this text assign. */
function assigned(text: string): string[] {
  const clauses = text.matchAll(/UPDATE tasks\b[^;]*?\bSET\b(.*?)\b(?:WHERE|FROM|RETURNING)\b/gs);
  return [...clauses].flatMap(([, clause = '']) => [...clause.matchAll(/(?<=^|[\s,(])(\w+)\s*=(?!=)/g)].map(([, name = '']) => name));
}

test('the contract has the same content fields for creation and for change', () => {
  const named = (fields: readonly { name: string }[], others: string[]) => fields.map(({ name }) => name).filter((name) => !others.includes(name));
  expect(named(CreateTaskRequestSchema.fields, ['organization_id', 'id']).sort()).toEqual([...content].sort());
  expect(named(UpdateTaskRequestSchema.fields, ['organization_id', 'task_id', 'update_mask']).sort()).toEqual([...content].sort());
});

test('the task service writes content, what blocks a task and, at the end of a hold, the count of failed claims', () => {
  expect(assigned(updateTaskSql).sort()).toEqual([...content, ...computed, 'blocked_by', 'failed_claims'].sort());
});

test('the claim service writes no content except what an agent says: held and notes', () => {
  const folder = join(import.meta.dirname, '../../claim/sql');
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
  const sources = names.map((name) => readFileSync(join(folder, name), 'utf8'));
  // The columns that a claim writes are in a file of their own, without an UPDATE.
  const written = new Set([...sources, `UPDATE tasks SET ${readFileSync(join(folder, 'begin-claim.ts'), 'utf8')} WHERE`].flatMap(assigned));
  expect(written).toContain('claim_token');
  expect(written).toContain('completed_at');
  expect(written).toContain('blocked_by');
  expect([...written].filter((name) => content.has(name) || computed.includes(name)).sort()).toEqual(['held', 'notes']);
});

import { invalidField } from '@dispatcher/kit/serving/errors.ts';
import type { UpdateTaskRequest } from '@recursiv/proto/gen/dispatcher/v1/task_pb.ts';
import { type ContentColumn, contentColumns, contentField, isContentColumn, type TaskContent } from './task-content.ts';

/**
 * The content that a request wants to write. With a mask: the fields that it names, and an absent field is cleared.
 * Without a mask: every field that has a value.
 */
export function changedContent(request: UpdateTaskRequest): TaskContent {
  const columns = request.updateMask
    ? request.updateMask.paths.map(columnFromPath)
    : contentColumns.filter((column) => contentField(request, column) !== undefined);
  return Object.fromEntries(columns.map((column) => [column, valueFor(request, column)]));
}

function columnFromPath(path: string): ContentColumn {
  if (isContentColumn(path)) return path;
  // The path is cut because it may be as long as a message. Errors are sent in headers, so characters stay whole.
  throw invalidField(path.slice(0, 100).toWellFormed(), 'is no field of a task that can be changed');
}

function valueFor(request: UpdateTaskRequest, column: ContentColumn) {
  const value = contentField(request, column);
  if (value === undefined && (column === 'title' || column === 'held')) throw invalidField(column, 'cannot be cleared');
  return value ?? (column === 'depends_on' ? [] : null);
}

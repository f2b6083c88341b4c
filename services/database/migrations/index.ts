import { CreateTasksAndEventLog } from './create-tasks-and-event-log.ts';

/** All migrations, oldest first. They only go forward. */
export const migrations = [{ name: '0001-create-tasks-and-event-log', class: CreateTasksAndEventLog }];

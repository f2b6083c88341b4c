import { ApiKey, Organization } from './api-key.ts';
import { Task } from './task.ts';
import { EventPosition, TaskEvent } from './task-event.ts';

/** Every entity that the ORM reads or writes. */
export const entities = [ApiKey, EventPosition, Organization, Task, TaskEvent];

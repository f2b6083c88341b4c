import { CreateTasksAndEventLog } from './create-tasks-and-event-log.ts';
import { IndexListsByState } from './index-lists-by-state.ts';
import { IndexTasksForRetention } from './index-tasks-for-retention.ts';
import { KeepWhyAClaimEnded } from './keep-why-a-claim-ended.ts';
import { LetTasksWaitForOthers } from './let-tasks-wait-for-others.ts';
import { NameTheInstallation } from './name-the-installation.ts';
import { NoteForgottenPositions } from './note-forgotten-positions.ts';

/** All migrations, oldest first. They only go forward. */
export const migrations = [
  { name: '0001-create-tasks-and-event-log', class: CreateTasksAndEventLog },
  { name: '0002-index-tasks-for-retention', class: IndexTasksForRetention },
  { name: '0003-keep-why-a-claim-ended', class: KeepWhyAClaimEnded },
  { name: '0004-name-the-installation', class: NameTheInstallation },
  { name: '0005-note-forgotten-positions', class: NoteForgottenPositions },
  { name: '0006-let-tasks-wait-for-others', class: LetTasksWaitForOthers },
  { name: '0007-index-lists-by-state', class: IndexListsByState },
];

/** The filters of a list. Without an organization the list has the tasks of all. */
export interface TaskFilters {
  organizationId?: string | undefined;
  status?: 'pending' | 'claimed' | 'done' | undefined;
  owner?: string | undefined;
  milestone?: string | undefined;
  layer?: string | undefined;
  project?: string | undefined;
  stage?: string | undefined;
  held?: boolean | undefined;
  /** True: tasks that claim-next can hand out now. False: the other pending tasks. */
  ready?: boolean | undefined;
  /** Pending tasks that wait for other tasks. */
  blocked?: boolean | undefined;
  idPrefix?: string | undefined;
  /** Words that must all be in the id or the title. */
  words?: readonly string[] | undefined;
  updatedAfter?: Date | undefined;
}

type Parameter = (value: unknown) => string;

/** From the filter that leaves the fewest tasks to the one that leaves the most. Each has an index in each state. */
const indexed = ['owner', 'milestone', 'project', 'layer'] as const;

const parked = `t.status = 'pending' AND NOT t.ready AND t.archived_at IS NULL`;

/**
 * The states whose tasks have indexes by stage, filter and order. `condition` is the condition of the indexes. `beside`
 * tests a column that is part of the index key.
 */
const states = {
  ready: { condition: 't.ready', beside: '' },
  waiting: { condition: parked, beside: 'AND NOT t.held' },
  held: { condition: parked, beside: 'AND t.held' },
  done: { condition: `t.status = 'done' AND t.archived_at IS NULL`, beside: '' },
} as const;

type State = keyof typeof states;

/**
 * The conditions of the branches of a list. Every task in the list meets exactly one of them. A branch is a state and a
 * stage, and has an index for each filter. With a filter, the branch uses the indexed expression itself, so the planner
 * can use only that index. Otherwise it could read all tasks in that state, for example for an owner who has none. With
 * two filters, the second one is tested on the rows of the first, after one look whether it has any task.
 *
 * There are few claimed tasks, and the statement sorts them. So a claim writes no index of the list, and a creation
 * writes only the indexes of claim-next.
 */
export function branchesOf(filters: TaskFilters, organization: string, parameter: Parameter): string[] {
  if (filters.idPrefix !== undefined) return ['t.archived_at IS NULL'];
  if (filters.blocked) return [`t.status = 'pending' AND cardinality(t.blocked_by) > 0 AND t.archived_at IS NULL`];
  const branches = [...branchesOfStates(statesOf(filters), filters, organization, parameter), ...otherBranches(filters)];
  // Filters that contradict each other, such as ready and held, leave no state.
  return branches.length > 0 ? branches : ['false'];
}

function statesOf({ status, ready, held }: TaskFilters): State[] {
  const isPending = status === undefined || status === 'pending';
  const isDone = (status === undefined || status === 'done') && ready === undefined && held !== true;
  const pending: State[] = isPending ? ['ready', 'waiting', 'held'] : [];
  const left = pending.filter(
    (state) => (ready === undefined || ready === (state === 'ready')) && (held === undefined || held === (state === 'held')),
  );
  return [...left, ...(isDone ? (['done'] as const) : [])];
}

function branchesOfStates(wanted: readonly State[], filters: TaskFilters, organization: string, parameter: Parameter): string[] {
  if (wanted.length === 0) return [];
  const [first, ...others] = indexed.filter((filter) => filters[filter] !== undefined).map((name) => ({ name, value: parameter(filters[name]) }));
  const stages = filters.stage === undefined ? [`'build'`, `'merge'`] : [parameter(filters.stage)];
  return wanted.flatMap((state) =>
    stages.map((stage) => {
      const { condition, beside } = states[state];
      const has = (filter: { name: string; value: string }) =>
        `t.stage = ${stage} ${beside} AND (CASE WHEN ${condition} THEN t.${filter.name} END) = ${filter.value}`;
      const exist = others.map((filter) => `(SELECT true FROM tasks t WHERE t.organization_id = ${organization} AND ${has(filter)} LIMIT 1)`);
      return [first ? has(first) : `t.stage = ${stage} ${beside} AND ${condition}`, ...exist].join(' AND ');
    }),
  );
}

/**
 * Claimed tasks, and tasks that are held although they are claimed or done, because a person may hold a task at any
 * time.
 */
function otherBranches({ status, ready, held }: TaskFilters): string[] {
  if (ready !== undefined || status === 'pending') return [];
  if (held) return [`t.held AND t.status <> 'pending' AND t.archived_at IS NULL`];
  return status === 'done' ? [] : [`t.status = 'claimed'`];
}

/** The conditions that are tested on the rows of a branch, even when its index already covers them. */
export function testsOf(filters: TaskFilters, parameter: Parameter): string[] {
  const { status, held, ready, idPrefix, words = [], updatedAfter } = filters;
  const equal = [...indexed, 'stage'] as const;
  return [
    ...equal.flatMap((name) => (filters[name] === undefined ? [] : [`t.${name} = ${parameter(filters[name])}`])),
    ...(status === undefined ? [] : [`t.status = ${parameter(status)}`]),
    ...(held === undefined ? [] : [held ? 't.held' : 'NOT t.held']),
    ...(ready === undefined ? [] : [`t.status = 'pending' AND ${ready ? '' : 'NOT '}t.ready`]),
    ...(filters.blocked === undefined ? [] : [`(t.status = 'pending' AND cardinality(t.blocked_by) > 0) = ${filters.blocked}`]),
    ...(idPrefix === undefined ? [] : [beginsWith(parameter(idPrefix))]),
    ...words.map((word) => `strpos(lower(t.id || ' ' || t.title), lower(${parameter(word)})) > 0`),
    ...(updatedAfter === undefined ? [] : [`t.updated_at > ${parameter(updatedAfter)}`]),
  ];
}

/**
 * A range of the primary key. Ids are slugs and are compared byte by byte. `{` is the byte after `z`, and `z` is the
 * last character that a slug can have.
 */
const beginsWith = (prefix: string) => `t.id >= ${prefix} AND t.id < ${prefix} || '{'`;

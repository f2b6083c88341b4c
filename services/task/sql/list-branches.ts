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
  /** What claim-next could hand out now. False: pending, but not that. */
  ready?: boolean | undefined;
  /** Pending, and waits for other tasks. */
  blocked?: boolean | undefined;
  idPrefix?: string | undefined;
  /** Words that all stand in the id or the title. */
  words?: readonly string[] | undefined;
  updatedAfter?: Date | undefined;
}

type Parameter = (value: unknown) => string;

/** From the filter that leaves the fewest tasks to the one that leaves the most. Each has an index in each state. */
const indexed = ['owner', 'milestone', 'project', 'layer'] as const;

const parked = `t.status = 'pending' AND NOT t.ready AND t.archived_at IS NULL`;

/**
 * The states whose tasks are indexed by stage, filter and order. The conditions are those of the indexes; what comes
 * beside them has a place of its own in the index.
 */
const states = {
  ready: { condition: 't.ready', beside: '' },
  waiting: { condition: parked, beside: 'AND NOT t.held' },
  held: { condition: parked, beside: 'AND t.held' },
  done: { condition: `t.status = 'done' AND t.archived_at IS NULL`, beside: '' },
} as const;

type State = keyof typeof states;

/**
 * The conditions of the branches of a list: every task of it meets exactly one. A branch is a state and a stage, and
 * has an index for each filter. With one, the branch names that index by the very expression that is indexed, so that
 * the planner can use no other: it would take the index of all tasks in that state, and walk through them for an owner
 * who has none. Of two filters the second is tested on the rows of the first, after one look whether it has any.
 *
 * Claimed tasks are few, and are sorted. So a claim has no index of the list to write, and a creation only those of
 * claim-next.
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

/** Claimed tasks, and those that are held although they are claimed or done: a person's hold may come at any time. */
function otherBranches({ status, ready, held }: TaskFilters): string[] {
  if (ready !== undefined || status === 'pending') return [];
  if (held) return [`t.held AND t.status <> 'pending' AND t.archived_at IS NULL`];
  return status === 'done' ? [] : [`t.status = 'claimed'`];
}

/** What is tested on the rows of a branch, whether or not its index has seen to it. */
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

import { Migration } from '@mikro-orm/migrations';

/**
 * Indexes for every filter of the list of tasks. A ready task is found by the indexes of claim-next, a claimed one by
 * `tasks_claimed`; these are for the other states. So a creation and a claim write one index less than before, and a
 * completion four more.
 *
 * Bytes of write-ahead log for the row and its indexes, on 1,000,000 tasks, 5,000 tasks a statement, before and after:
 * create 1,979 and 1,830, claim 944 and 764, done 854 and 1,714. A page of 50 took 42 ms at most by one filter, on two
 * cores with a load of 25; before, an owner without tasks took over a second.
 */
export class IndexListsByState extends Migration {
  override up(): void {
    for (const { state, keys, condition } of states) {
      this.addSql(`CREATE INDEX tasks_${state} ON tasks (${keys}, rank DESC, created_at, id) WHERE ${condition}`);
      for (const filter of ['owner', 'milestone', 'project', 'layer']) {
        const value = `(CASE WHEN ${condition} THEN ${filter} END)`;
        this.addSql(`CREATE INDEX tasks_${state}_${filter} ON tasks (${keys}, ${value}, rank DESC, created_at, id) WHERE ${value} IS NOT NULL`);
      }
    }
    this.addSql(others);
  }
}

const states = [
  { state: 'parked', keys: 'organization_id, stage, held', condition: `status = 'pending' AND NOT ready AND archived_at IS NULL` },
  { state: 'done', keys: 'organization_id, stage', condition: `status = 'done' AND archived_at IS NULL` },
];

const others = `
-- Tasks that a person holds although they are claimed or done. Next to none.
CREATE INDEX tasks_held ON tasks (organization_id, rank DESC, created_at, id) WHERE held AND status <> 'pending' AND archived_at IS NULL;
CREATE INDEX tasks_blocked ON tasks (organization_id, rank DESC, created_at, id)
  WHERE status = 'pending' AND cardinality(blocked_by) > 0 AND archived_at IS NULL;
-- Lists are merged from the states now.
DROP INDEX tasks_listed;
`;

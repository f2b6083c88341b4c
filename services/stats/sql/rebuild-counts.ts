import { patientTransaction } from '@dispatcher/database/connection/patient-transaction.ts';
import { countChanges } from './count-changes.ts';

/**
 * Counts all tasks of the database at `url` again. The relay waits meanwhile. Readers see the old counts until the new
 * ones are committed.
 */
export async function rebuildCounts(url: string): Promise<void> {
  await patientTransaction(url, async (client) => {
    await client.query('SELECT FROM relay_state FOR UPDATE');
    // Retention changes counts too.
    await client.query('LOCK TABLE task_counts IN SHARE ROW EXCLUSIVE MODE');
    await client.query('DELETE FROM task_counts');
    await client.query(sql);
  });
}

/** The tasks that there are, minus what the relay will still add. */
const sql = `
INSERT INTO task_counts (organization_id, dimension, value, count)
SELECT organization_id, dimension, value, sum(count) FROM (
  SELECT organization_id, dimension, value, 1 AS count
  FROM tasks CROSS JOIN LATERAL (VALUES
    ('status', status), ('owner', coalesce(owner, 'unassigned')), ('layer', coalesce(layer, 'unassigned'))
  ) AS place (dimension, value)
  WHERE archived_at IS NULL
  UNION ALL
  SELECT e.organization_id, change.dimension, change.value, -change.delta
  FROM unpublished JOIN task_events e ON e.id = unpublished.event_id CROSS JOIN LATERAL (SELECT * FROM ${countChanges('e')}) AS change
) AS counts
GROUP BY 1, 2, 3 HAVING sum(count) <> 0`;

import { Migration } from '@mikro-orm/migrations';

/** For each organization and type, the newest event that a stream can no longer read. */
export class NoteForgottenPositions extends Migration {
  override up(): void {
    this.addSql(`
CREATE TABLE forgotten_positions (
  organization_id text COLLATE "C" NOT NULL,
  type text COLLATE "C" NOT NULL,
  position bigint NOT NULL,
  PRIMARY KEY (organization_id, type)
);
-- For the admin, who reads all organizations.
CREATE INDEX forgotten_positions_newest ON forgotten_positions (position);

-- A trigger, so that positions are also noted that the previous release deletes while both releases run.
CREATE FUNCTION note_forgotten_positions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO forgotten_positions AS known (organization_id, type, position)
  SELECT gone.organization_id, e.type, max(gone.position) FROM gone JOIN task_events e ON e.id = gone.event_id
  GROUP BY 1, 2 ORDER BY 1, 2
  ON CONFLICT (organization_id, type) DO UPDATE SET position = greatest(known.position, excluded.position);
  RETURN NULL;
END $$;
CREATE TRIGGER note_forgotten_positions AFTER DELETE ON event_positions REFERENCING OLD TABLE AS gone
FOR EACH STATEMENT EXECUTE FUNCTION note_forgotten_positions();

-- Which events were deleted before is not known, so each organization counts as having had one of each type.
INSERT INTO forgotten_positions (organization_id, type, position)
SELECT organizations.id, types.type, kept.oldest - 1
FROM organizations
CROSS JOIN unnest(ARRAY['task.created', 'task.updated', 'task.claimed', 'task.released', 'task.expired', 'task.completed', 'task.archived']) AS types (type)
CROSS JOIN (SELECT coalesce((SELECT min(position) FROM event_positions), position + 1) AS oldest FROM relay_state) AS kept
WHERE kept.oldest > 1;
`);
  }
}

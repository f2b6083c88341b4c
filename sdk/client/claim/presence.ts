/**
 * Two facts about fields that the generated types do not hold: whether a field can be null although the field is a
 * message or is left out, and whether JSON leaves the field out. A test compares this table with the descriptors.
 */
export const presence = {
  'dispatcher.v1.Task': { nullable: ['available_at', 'claim', 'completed_at', 'archived_at'], omitted: [] },
  'dispatcher.v1.Claim': { nullable: [], omitted: ['claim_token'] },
  // There for some types of events only, and for those null without a value.
  'dispatcher.v1.Event': { nullable: ['release_reason', 'notes', 'available_at'], omitted: ['release_reason', 'notes', 'available_at'] },
  'dispatcher.v1.Attempt': { nullable: ['ended_at', 'available_at'], omitted: [] },
  'dispatcher.v1.TaskReasonDetails': { nullable: ['expires_at', 'available_at', 'since'], omitted: [] },
  'dispatcher.v1.Key': { nullable: ['expires_at', 'revoked_at'], omitted: ['key'] },
  'dispatcher.v1.Page': { nullable: [], omitted: ['next_cursor'] },
  'dispatcher.v1.ClaimNextTaskResponse': { nullable: ['data'], omitted: [] },
  'dispatcher.v1.HeartbeatResult': { nullable: ['claim', 'error'], omitted: [] },
  'dispatcher.v1.CompleteResult': { nullable: ['task', 'error'], omitted: [] },
} as const;

/** The table as a type. */
export type Presence = typeof presence;

/**
 * Two facts about fields that the generated types do not hold: whether a field with a message type can be null, and
 * whether JSON leaves the field out instead of writing null. A test compares this table with the descriptors.
 */
export const presence = {
  'dispatcher.v1.Task': { nullable: ['available_at', 'claim', 'completed_at', 'archived_at'], omitted: [] },
  'dispatcher.v1.Claim': { nullable: [], omitted: ['claim_token'] },
  'dispatcher.v1.Event': { nullable: [], omitted: ['release_reason', 'notes', 'available_at'] },
  'dispatcher.v1.Key': { nullable: ['expires_at', 'revoked_at'], omitted: ['key'] },
  'dispatcher.v1.Page': { nullable: [], omitted: ['next_cursor'] },
  'dispatcher.v1.ClaimNextTaskResponse': { nullable: ['data'], omitted: [] },
} as const;

/** The table as a type. */
export type Presence = typeof presence;

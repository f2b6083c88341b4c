/**
 * Whether the claim of a task is live by the clock of the database. The clock is read when the row is read, after any
 * wait for its lock. With a plain `status = 'claimed'` the planner may read all live claims of the organization by
 * `tasks_claimed` to find one task: that index is the smallest while there are few claims, and a pinned plan stays.
 */
export const isLive = `CASE WHEN status = 'claimed' THEN expires_at > clock_timestamp() ELSE false END`;

/**
 * The condition in every statement of a holder: the claim is live, and it belongs to the holder. When a token is given,
 * only the token is compared. Without a token the agent's name is compared. With neither, which a person may send, any
 * live claim matches. `token` and `agent` are parameters of the statement.
 */
export function liveClaim(token: string, agent: string): string {
  return `${isLive}
    AND CASE WHEN ${token}::text IS NOT NULL THEN claim_token = ${token}::text ELSE ${agent}::text IS NULL OR agent = ${agent}::text END`;
}

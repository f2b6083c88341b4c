/**
 * The guard of every statement that a holder sends: the claim is live by the database's clock, and it is the
 * holder's. A token decides alone; without one the agent's name does; with neither, as a person may, the live claim
 * is meant whoever holds it. `token` and `agent` are parameters. The clock is read when the row is looked at, after
 * any wait for its lock.
 */
export function liveClaim(token: string, agent: string): string {
  return `status = 'claimed' AND expires_at > clock_timestamp()
    AND CASE WHEN ${token}::text IS NOT NULL THEN claim_token = ${token}::text ELSE ${agent}::text IS NULL OR agent = ${agent}::text END`;
}

/**
 * The condition in every statement of a holder: the claim is live by the clock of the database, and it belongs to the
 * holder. When a token is given, only the token is compared. Without a token the agent's name is compared. With
 * neither, which a person may send, any live claim matches. `token` and `agent` are parameters of the statement. The
 * clock is read when the row is read, after any wait for its lock.
 */
export function liveClaim(token: string, agent: string): string {
  return `status = 'claimed' AND expires_at > clock_timestamp()
    AND CASE WHEN ${token}::text IS NOT NULL THEN claim_token = ${token}::text ELSE ${agent}::text IS NULL OR agent = ${agent}::text END`;
}

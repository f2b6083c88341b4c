/**
 * The assignments that every statement uses to make a claim. All three arguments are parameters of the statement. A
 * new claim ends a hold and the wait for a time. The clock is read once: `returnClaim` knows a claim that nobody has
 * touched by its two equal times.
 */
export function beginClaim(agent: string, token: string, leaseSeconds: string): string {
  return `status = 'claimed', held = false, available_at = NULL, attempts = t.attempts + 1,
    agent = ${agent}, claim_token = ${token}, lease_seconds = ${leaseSeconds}::integer,
    (claimed_at, last_heartbeat_at, expires_at) = (
      SELECT now, now, now + make_interval(secs => ${leaseSeconds}::integer) FROM (SELECT clock_timestamp() AS now) AS clock
    )`;
}

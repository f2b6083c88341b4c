/**
 * The assignments that every statement uses to make a claim. All three arguments are parameters of the statement. A
 * new claim ends a hold and the wait for a time.
 */
export function beginClaim(agent: string, token: string, leaseSeconds: string): string {
  return `status = 'claimed', held = false, available_at = NULL, attempts = t.attempts + 1,
    agent = ${agent}, claim_token = ${token}, lease_seconds = ${leaseSeconds}::integer,
    claimed_at = clock_timestamp(), last_heartbeat_at = clock_timestamp(),
    expires_at = clock_timestamp() + make_interval(secs => ${leaseSeconds}::integer)`;
}

/**
 * What a claim writes, in every statement that makes one; all three are parameters. A new claim takes a held or
 * waiting task up.
 */
export function beginClaim(agent: string, token: string, leaseSeconds: string): string {
  return `status = 'claimed', held = false, available_at = NULL, attempts = t.attempts + 1,
    agent = ${agent}, claim_token = ${token}, lease_seconds = ${leaseSeconds}::integer,
    claimed_at = clock_timestamp(), last_heartbeat_at = clock_timestamp(),
    expires_at = clock_timestamp() + make_interval(secs => ${leaseSeconds}::integer)`;
}

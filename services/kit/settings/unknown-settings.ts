import { givenToCommands, knownSettings } from './known-settings.ts';
import { editDistance, nearestName } from './nearest-name.ts';

/** The prefixes that only Dispatcher uses. */
const ownPrefixes = ['DISPATCHER_', 'ORCH_'];

/** Prefixes that other programs use too. Only a variable that is similar to one of ours is an error. */
const sharedPrefixes = [
  ...['GRPC_', 'NATS_', 'TLS_', 'TASK_SERVICE_', 'CLAIM_SERVICE_', 'STATS_SERVICE_', 'KEY_SERVICE_'],
  ...['RECURSIV_', 'MAX_', 'AGENT_', 'WORKTREE_', 'MERGE_', 'CLAUDE_'],
];

/**
 * A sentence for each variable that is surely meant as a setting of Dispatcher and is none. `read` are the settings of
 * this program.
 */
export function unknownSettings(env: Readonly<Record<string, string | undefined>>, read: readonly string[]): string[] {
  return Object.entries(env).flatMap(([name, value]) => {
    if (!value || name in knownSettings || givenToCommands.test(name) || isServiceLink(name, value)) return [];
    if (ownPrefixes.some((prefix) => name.toUpperCase().startsWith(prefix))) return [sentence(name, meantBy(name))];
    const near = sharedPrefixes.some((prefix) => name.startsWith(prefix)) ? read.find((known) => isNearly(name, known)) : undefined;
    return near === undefined ? [] : [sentence(name, near)];
  });
}

function sentence(name: string, meant: string | undefined): string {
  return `${name} is not a setting of Dispatcher${meant === undefined ? '; unset it. --help lists the settings' : `. Did you mean ${meant}?`}`;
}

/** The setting that was meant. Prefixes are not compared: `DISPATCHER_PORT` means `PORT`. */
function meantBy(name: string): string | undefined {
  const byBareName = new Map(Object.keys(knownSettings).map((known) => [bare(known), known]));
  const nearest = nearestName(bare(name.toUpperCase()), [...byBareName.keys()]);
  return nearest === undefined ? undefined : byBareName.get(nearest);
}

function bare(name: string): string {
  const prefix = ownPrefixes.find((each) => name.startsWith(each));
  return prefix === undefined ? name : name.slice(prefix.length);
}

function isNearly(name: string, known: string): boolean {
  return editDistance(name, known) <= Math.max(1, Math.floor(known.length / 8));
}

/**
 * Kubernetes and Docker set variables with the addresses of other services in each container, and one of those services
 * may be named `dispatcher`.
 */
function isServiceLink(name: string, value: string): boolean {
  return /_SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)$|_PORT_\d+_(TCP|UDP|SCTP)(_(ADDR|PORT|PROTO))?$/.test(name) || /^(tcp|udp|sctp):\/\//.test(value);
}

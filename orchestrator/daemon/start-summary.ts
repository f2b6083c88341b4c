import type { OrchestratorSettings } from '../config.ts';
import { withoutPassword } from '../git/git.ts';
import type { Repository } from '../git/repository.ts';

/** What a daemon is about to do, for the person who starts it. */
export interface StartSummary {
  readonly repository: string;
  /** What is pushed, and where. */
  readonly pushes: string;
  /** Which tasks are claimed, and from which dispatcher. */
  readonly claims: string;
  /** How many agents, and their command; a merger has none. */
  readonly agents?: string;
}

/** Describes what the settings mean for this repository. */
export function startSummary(settings: OrchestratorSettings, repository: Pick<Repository, 'dir' | 'originUrl'>): StartSummary {
  const { builds, maxAgents, agentCommand } = settings;
  return {
    repository: repository.dir,
    pushes: pushes(settings, withoutPassword(repository.originUrl)),
    claims: claims(settings),
    ...(builds && { agents: `up to ${maxAgents} at the same time: ${agentCommand.join(' ')}` }),
  };
}

/** The summary as lines, with the labels in a column of their own. */
export function summaryLines(summary: object): string[] {
  const width = Math.max(...Object.keys(summary).map((label) => label.length));
  return Object.entries(summary).map(([label, text]) => `  ${label.padEnd(width)}  ${text}`);
}

function pushes({ builds, mergeEnabled, baseBranch }: OrchestratorSettings, origin: string): string {
  if (!mergeEnabled) return `work to task/<id> of ${origin}; a merger brings it to ${baseBranch}`;
  return `verified commits to ${baseBranch}${builds ? ', and unfinished work to task/<id>,' : ''} of ${origin}`;
}

function claims({ builds, mergeEnabled, filters, dispatcher }: OrchestratorSettings): string {
  const stages = [...(builds ? ['to build'] : []), ...(mergeEnabled ? ['to merge'] : [])].join(' and ');
  const whose = dispatcher.organizationId === undefined ? '' : ` of the organization ${dispatcher.organizationId}`;
  const only = Object.entries(filters).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  return `${only.length === 0 ? 'all tasks' : 'tasks'} ${stages}${whose}${only.length === 0 ? '' : ` with ${only.join(', ')}`}, from ${dispatcher.url}`;
}

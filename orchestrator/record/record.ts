import { z } from 'zod';
import { runStates } from '../run/decide.ts';

const stateNames = Object.keys(runStates) as [keyof typeof runStates, ...(keyof typeof runStates)[]];

/** Why a task goes back, as the dispatcher wants it said. */
const releaseSchema = z.object({
  /** One of the dispatcher's words; null for an ordinary failure, after which the task comes round again. */
  reason: z.enum(['completed', 'audit_failed', 'blocked', 'needs_human', 'timeout', 'reassigned', 'out_of_scope', 'not_started']).nullable(),
  /** What failed and where its log is, for people. */
  notes: z.string(),
  /** What the next holder should know. */
  handoff: z.string().nullable(),
  /** Keeps the task out of claim-next for this long. */
  retryAfterSeconds: z.number().int().min(0).max(86_400),
});

/** What an agent's own output said about its cost, summed over the rounds of the run. */
const usageSchema = z.object({ inputTokens: z.number(), outputTokens: z.number(), costUsd: z.number(), turns: z.number() });

/** What is on disk about a run: enough for another process to go on with it. */
export const recordSchema = z.object({
  version: z.literal(1),
  /** Also in the environment of each of its processes. */
  run: z.string().regex(/^[0-9a-f-]{36}$/),
  /** Which daemon has it in hand; in the environment of that daemon's own git. */
  daemon: z.string().regex(/^[0-9a-f-]{36}$/),
  /** That daemon's process; null where the system does not tell. */
  process: z.object({ pid: z.number().int(), startTicks: z.string(), bootId: z.string() }).nullable(),
  state: z.enum(stateNames),
  stage: z.enum(['build', 'merge']),
  agent: z.string(),
  claimToken: z.string(),
  /** Which claim of the task it is; the pause after a failure doubles with it. */
  attempt: z.number().int(),
  startedAt: z.string(),
  task: z.object({
    id: z.string(),
    organization_id: z.string(),
    title: z.string(),
    description: z.string().nullable(),
    notes: z.string().nullable(),
    context_handoff: z.string().nullable(),
    created_at: z.string(),
  }),
  /** Where the work is to land. */
  baseBranch: z.string(),
  branch: z.string(),
  worktree: z.string(),
  /** Its files could not be saved, so they are set aside instead of deleted. */
  worktreeKept: z.boolean().default(false),
  /** Where `task/<id>` on origin was when we last saw it; null when it was not there. */
  originBranch: z.string().nullable(),
  /** How many times the agent has been given the task in this run. */
  round: z.number().int(),
  /** Whether the agent of this round was started: true after a crash, it was interrupted. */
  roundBegun: z.boolean(),
  /** How often a daemon died while the agent was at work. */
  resumptions: z.number().int(),
  /** What the agent is told about the round before. */
  feedback: z.string().nullable(),
  conflictReturned: z.boolean(),
  /** The verified commit that is pushed to the base branch. */
  candidate: z.string().nullable(),
  /** The commit on the base branch that holds all of the task's branch. */
  landed: z.string().nullable(),
  release: releaseSchema.nullable(),
  usage: usageSchema,
  /** What the agent said last. */
  words: z.string().default(''),
});

/** A run as it stands on disk. */
export type RunRecord = Readonly<z.infer<typeof recordSchema>>;

/** How a run that did not land ends. */
export type Release = Readonly<z.infer<typeof releaseSchema>>;

/** Tokens and money an agent reported. */
export type Usage = Readonly<z.infer<typeof usageSchema>>;

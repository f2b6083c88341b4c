import type { Task } from '@recursiv/sdk';
import type { Format, Printer } from './printer.ts';
import { shortId } from './short-id.ts';
import { manyLines, oneLine } from './terminal-text.ts';
import { leaseText, timeText } from './time-text.ts';

/**
 * The status. A pending task can also be `held`, `blocked` by others, `waiting` for a time, or in the stage `merge`.
 */
export function statusOf({ status, stage, held, blocked_by, available_at }: Task): string {
  if (status !== 'pending') return status;
  if (held) return 'held';
  if (blocked_by.length > 0) return 'blocked';
  if (available_at !== null) return 'waiting';
  return stage === 'merge' ? 'merge' : status;
}

/** The colour of a status. */
export function statusFormat(task: Task): Format | undefined {
  const formats: Readonly<Record<string, Format>> = { claimed: 'yellow', done: 'green', held: 'red', merge: 'cyan', blocked: 'dim', waiting: 'dim' };
  return formats[statusOf(task)];
}

/** A task in one line, for the result of a command. */
export function taskLine(printer: Printer, task: Task): string {
  return `${oneLine(shortId(printer, task.id))} is ${statusOf(task)}: ${oneLine(task.title)}`;
}

/** A task for people: its title, its fields with a value, `more`, then its long texts. */
export function taskText(printer: Printer, task: Task, more: readonly string[] = []): string {
  const facts = factsOf(printer, task).filter(([, value]) => value !== null && value !== '');
  const width = Math.max(...facts.map(([name]) => name.length));
  const format = statusFormat(task);
  const lines = facts.map(([name, value]) => {
    const text = oneLine(String(value));
    return `${printer.paint('dim', name.padEnd(width))}  ${name === 'status' && format ? printer.paint(format, text) : text}`;
  });
  return [printer.paint('bold', oneLine(task.title)), ...lines, ...more, ...longTexts(printer, task)].join('\n');
}

function factsOf(printer: Printer, task: Task): [name: string, value: string | number | null][] {
  const at = (time: string | null) => time && timeText(printer, time);
  const inputs = (['rev', 'use', 'ts', 'sec', 'stab', 'effort'] as const)
    .filter((name) => task[name] !== null)
    .map((name) => `${name} ${task[name]}`);
  return [
    ['id', task.id],
    ['organization', task.organization_id],
    ['status', statusOf(task)],
    ['score', `${task.effective_score.toFixed(2)}${inputs.length === 0 ? '' : ` (${inputs.join(', ')})`}`],
    ['project', task.project],
    ['owner', task.owner],
    ['milestone', task.milestone],
    ['layer', task.layer],
    ['stage', task.stage],
    ['available', at(task.available_at)],
    ['waits for', task.blocked_by.join(' ')],
    ['concurrency key', task.concurrency_key],
    ['claimed by', task.claim && `${task.claim.agent}, ${leaseText(printer, task.claim.expires_at)}`],
    ['released for', task.status === 'pending' ? task.release_reason : null],
    ['branch', task.branch],
    ['pull requests', task.pr_urls.join(' ')],
    ['commits', task.commits.join(' ')],
    ['created', `${at(task.created_at)} by ${task.created_by}`],
    ['updated', task.updated_at === task.created_at ? null : at(task.updated_at)],
    ['completed', at(task.completed_at)],
    ['archived', at(task.archived_at)],
  ];
}

function longTexts(printer: Printer, task: Task): string[] {
  const texts = [
    ['Description', task.description],
    ['Notes', task.notes],
    ['Left for the next', task.context_handoff],
  ] as const;
  return texts.flatMap(([head, text]) => (text === null || text === '' ? [] : ['', printer.paint('bold', head), manyLines(text)]));
}

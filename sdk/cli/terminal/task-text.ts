import type { Event, Task } from '@recursiv/sdk';
import { statusFormat, statusOf } from '../commands/tasks.ts';
import type { Printer } from './printer.ts';
import { manyLines, oneLine } from './terminal-text.ts';

/** A task for people: its title, what it has a value for, then its long texts. */
export function taskText(printer: Printer, task: Task): string {
  const facts = factsOf(task).filter(([, value]) => value !== null && value !== '');
  const width = Math.max(...facts.map(([name]) => name.length));
  const format = statusFormat(task);
  const lines = facts.map(([name, value]) => {
    const text = oneLine(String(value));
    return `${printer.paint('dim', name.padEnd(width))}  ${name === 'status' && format ? printer.paint(format, text) : text}`;
  });
  return [printer.paint('bold', oneLine(task.title)), ...lines, ...longTexts(printer, task)].join('\n');
}

/** A task in one line, after something was done with it. */
export function taskLine(task: Task): string {
  return `${oneLine(task.id)} is ${statusOf(task)}: ${oneLine(task.title)}`;
}

/** One event in one line. */
export function eventLine(printer: Printer, event: Event): string {
  const { id, title } = event.task;
  const by = event.actor === null ? '' : printer.paint('dim', ` by ${oneLine(event.actor)}`);
  return `${printer.paint('dim', oneLine(event.occurred_at.slice(0, 19)))}  ${oneLine(event.type).padEnd(14)}  ${oneLine(id)}  ${oneLine(title)}${by}`;
}

function factsOf(task: Task): [name: string, value: string | number | null][] {
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
    ['attempts', task.attempts],
    ['available at', task.available_at],
    ['claimed by', task.claim === null ? null : `${task.claim.agent}, until ${task.claim.expires_at}`],
    ['released for', task.release_reason],
    ['branch', task.branch],
    ['pull requests', task.pr_urls.join(' ')],
    ['commits', task.commits.join(' ')],
    ['created', `${task.created_at} by ${task.created_by}`],
    ['updated', task.updated_at],
    ['completed', task.completed_at],
    ['archived', task.archived_at],
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

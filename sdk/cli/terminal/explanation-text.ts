import type { TaskExplanation } from '@recursiv/sdk';
import type { Printer } from './printer.ts';
import { oneLine } from './terminal-text.ts';

/** The last place that is counted exactly. */
const lastPlace = 10_000;

/** Why a task is handed out or not: the reasons, its place, its score, and the calls that follow. */
export function explanationText(printer: Printer, { reasons, position, score, next_actions }: TaskExplanation): string {
  const actions = next_actions.map(({ method, path, body, why }) => [
    `  ${oneLine(why)}`,
    printer.paint('dim', `    ${[method, path, body].flatMap((part) => (part === null ? [] : [oneLine(part)])).join(' ')}`),
  ]);
  return [
    ...reasons.map(({ code, message }) => `${printer.paint('bold', code)}: ${oneLine(message)}`),
    ...(position === null ? [] : [placeText(position)]),
    scoreText(score),
    ...(actions.length === 0 ? [] : ['', printer.paint('bold', 'Next'), ...actions.flat()]),
  ].join('\n');
}

function placeText(position: number): string {
  if (position === 1) return 'It is the next.';
  return position > lastPlace ? `More than ${lastPlace - 1} tasks come before it.` : `Tasks that come before it: ${position - 1}.`;
}

function scoreText({ inputs, divisor, score, age_days, half_life_days, effective_score }: TaskExplanation['score']): string {
  const parts = inputs.filter(({ points }) => points !== 0).map(({ name, value, weight }) => `${name} ${value} × ${weight}`);
  const sum = parts.length === 0 ? '0' : `(${parts.join(' + ')}) / ${divisor}`;
  const decay = age_days === 0 ? '' : `; after ${age_days} days, with a half-life of ${half_life_days}, it counts ${effective_score.toFixed(2)}`;
  return `Its score is ${sum} = ${score.toFixed(2)}${decay}.`;
}

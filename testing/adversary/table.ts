import type { Figures, Row } from './probe.ts';

/** Formats the rows as a Markdown table, and lists below it what did not hold. */
export function tableOf(rows: readonly { readonly name: string; readonly row: Row }[]): string {
  const lines = rows.map(({ name, row }) => `| ${cells(name, row).join(' | ')} |`);
  const broken = rows.flatMap(({ name, row }) =>
    row.limits.filter(({ held }) => !held).map(({ what }) => `- ${name}, ${row.attack}: not held: ${what}.`),
  );
  return [...head, ...lines, ...(broken.length > 0 ? ['', ...broken] : [])].join('\n');
}

const head = ['| Probe | Attack | Victim alone | Beside | Attacker refused | Memory, MiB | Limits | Held |', '|---|---|---:|---:|---:|---:|---|---|'];

function cells(name: string, { attack, alone, beside, refused, memoryMiB, limits }: Row): string[] {
  const held = limits.every((limit) => limit.held);
  const words = limits.map(({ what }) => what).join('; ');
  return [name, attack, figuresOf(alone), figuresOf(beside), String(refused), memoryMiB.toFixed(0), words, held ? 'yes' : 'no'];
}

function figuresOf({ answered, refused, p50Ms }: Figures): string {
  return `${answered}, p50 ${p50Ms.toFixed(1)} ms${refused > 0 ? `, ${refused} refused` : ''}`;
}

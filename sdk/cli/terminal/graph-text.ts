import type { TaskGraph, TaskGraphNode } from '@recursiv/sdk';
import type { Printer } from './printer.ts';
import { shortIds } from './short-id.ts';
import { oneLine } from './terminal-text.ts';

/** Of a graph: the nodes next to a node, on one of its two sides. */
type Neighbours = ReadonlyMap<string, readonly string[]>;

/**
 * The graph around its first node, as two trees: what it waits for, and what waits for it. A task that several wait
 * for stands in the tree several times; what is behind it, only the first time.
 */
export function graphText(printer: Printer, { nodes, edges, truncated }: TaskGraph): string {
  const [self] = nodes;
  if (!self) return '';
  const short = shortIds(
    printer,
    nodes.map(({ id }) => id),
  );
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const line = (id: string) => nodeLine(printer, short(id), byId.get(id));
  const before = neighbours(edges.map(({ from, to }) => [to, from]));
  const after = neighbours(edges.map(({ from, to }) => [from, to]));
  return [
    printer.paint('bold', line(self.id)),
    ...section(printer, 'Waits for', treeLines(self.id, before, line)),
    ...section(printer, 'Needed by', treeLines(self.id, after, line)),
    ...(truncated ? ['', 'There are more tasks than these.'] : []),
  ].join('\n');
}

function neighbours(pairs: readonly (readonly [string, string])[]): Neighbours {
  return new Map([...Map.groupBy(pairs, ([id]) => id)].map(([id, group]) => [id, group.map(([, other]) => other)]));
}

function section(printer: Printer, head: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', printer.paint('bold', head), ...lines];
}

function treeLines(root: string, next: Neighbours, line: (id: string) => string): string[] {
  const lines: string[] = [];
  const seen = new Set<string>();
  const add = (id: string, indent: string) => {
    const children = next.get(id) ?? [];
    children.forEach((child, index) => {
      const isLast = index === children.length - 1;
      const isShownAbove = seen.has(child) && next.has(child);
      lines.push(`${indent}${isLast ? '└─' : '├─'} ${line(child)}${isShownAbove ? ' (see above)' : ''}`);
      if (seen.has(child)) return;
      seen.add(child);
      add(child, `${indent}${isLast ? '  ' : '│ '} `);
    });
  };
  add(root, '');
  return lines;
}

function nodeLine(printer: Printer, id: string, node: TaskGraphNode | undefined): string {
  return `${oneLine(id)}  ${node ? `${printer.paint('dim', standing(node))}  ${oneLine(node.title)}` : ''}`;
}

function standing({ status, held, blocked, archived }: TaskGraphNode): string {
  if (archived) return 'archived';
  if (status !== 'pending') return status;
  if (held) return 'held';
  return blocked ? 'blocked' : status;
}

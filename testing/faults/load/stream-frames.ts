import type { IncomingMessage } from 'node:http';

/** A frame of `text/event-stream`. */
export interface Frame {
  /** Null for a comment or a `retry:`. */
  readonly event: string | null;
  readonly data: string;
}

/** Yields the frames of an event stream. Each frame comes as soon as it is complete. */
export async function* framesOf(response: IncomingMessage): AsyncGenerator<Frame> {
  let rest = '';
  for await (const chunk of response.setEncoding('utf8')) {
    rest += String(chunk);
    const blocks = rest.split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) yield frameFrom(block);
  }
}

function frameFrom(block: string): Frame {
  const lines = block.split('\n');
  const field = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
  return { event: field('event') ?? null, data: field('data') ?? '' };
}

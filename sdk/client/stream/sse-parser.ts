/** One block of an event stream (HTML standard, section 9.2.6). */
export interface SseBlock {
  /** The new last event id. Undefined when the block has none. */
  readonly id: string | undefined;
  /** `message` when the block has none. */
  readonly event: string;
  /** Undefined when the block has no data and so is not an event. */
  readonly data: string | undefined;
  /** How long to wait before the next connection, in milliseconds. */
  readonly retry: number | undefined;
}

/** More than any event has. A server that never ends a line must not fill the memory. */
const mostCharacters = 4 * 1024 * 1024;

/** Makes a parser. It takes the text of the stream in pieces of any size and returns the blocks that are complete. */
export function createSseParser(): (text: string) => SseBlock[] {
  let rest = '';
  let lines: string[] = [];
  return (text) => {
    const blocks: SseBlock[] = [];
    rest += text;
    // A carriage return at the end may be half of a CRLF, so it waits for the next piece.
    const pieces = rest.split(/\r\n|\n|\r(?!$)/);
    rest = pieces.pop() ?? '';
    for (const line of pieces) {
      if (line !== '') lines.push(line);
      else if (lines.length > 0) {
        blocks.push(blockFromLines(lines));
        lines = [];
      }
    }
    if (rest.length + lines.reduce((sum, line) => sum + line.length, 0) > mostCharacters) throw new RangeError('An event of the stream is too long.');
    return blocks;
  };
}

function blockFromLines(lines: readonly string[]): SseBlock {
  let id: string | undefined;
  let event = 'message';
  let retry: number | undefined;
  const data: string[] = [];
  for (const line of lines) {
    const [name, value] = fieldFromLine(line);
    if (name === 'data') data.push(value);
    else if (name === 'event') event = value;
    else if (name === 'id' && !value.includes('\0')) id = value;
    else if (name === 'retry' && /^\d+$/.test(value)) retry = Number(value);
  }
  return { id, event, data: data.length === 0 ? undefined : data.join('\n'), retry };
}

/** A line that begins with a colon is a comment: its name is empty. */
function fieldFromLine(line: string): [name: string, value: string] {
  const colon = line.indexOf(':');
  if (colon < 0) return [line, ''];
  return [line.slice(0, colon), line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)];
}

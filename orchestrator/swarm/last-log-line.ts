import { open } from 'node:fs/promises';
import { z } from 'zod';

/** Enough for the stack trace of a crash. */
const tailBytes = 16 * 1024;

const lineSchema = z.looseObject({
  time: z.string(),
  msg: z.string().default(''),
  task: z.string().optional(),
  step: z.string().optional(),
  why: z.string().optional(),
});

/**
 * The last line of a log, for people; null when the log is empty. After a crash, it is the line of Node's output that
 * names the error.
 */
export async function lastLogLine(file: string): Promise<string | null> {
  const lines = (await tailOf(file)).split('\n').filter((line) => line.trim() !== '');
  const afterwards = lines.slice(lines.findLastIndex((line) => line.startsWith('{')) + 1);
  const fault = afterwards.findLast((line) => /^(\w*Error|FATAL ERROR)\b/.test(line));
  const last = fault ?? afterwards.at(-1) ?? lines.at(-1);
  return last === undefined ? null : wordsOf(last);
}

async function tailOf(file: string): Promise<string> {
  try {
    await using handle = await open(file, 'r');
    const { size } = await handle.stat();
    const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(tailBytes), position: Math.max(0, size - tailBytes) });
    return buffer.toString('utf8', 0, bytesRead);
  } catch {
    // The log does not exist yet.
    return '';
  }
}

function wordsOf(line: string): string {
  const parsed = lineSchema.safeParse(parsedOr(line));
  if (!parsed.success) return line.trim();
  const { time, msg, task, step, why } = parsed.data;
  return [time.slice(11, 19), step ?? msg, task, why].filter((word) => word !== undefined && word !== '').join('  ');
}

function parsedOr(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

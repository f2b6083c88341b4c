import type { ReaderRecord, StreamFrame } from '../history.ts';
import { type LogEvent, nameOfTask } from './log-event.ts';

/** Positions have no gaps: the first event has 1, the next one 2, and every event has a position. */
export function brokenPositions(log: readonly LogEvent[], relayPosition: number, eventCount: number): string[] {
  const sorted = log.toSorted((a, b) => a.position - b.position);
  const gap = sorted.findIndex(({ position }, i) => position !== i + 1);
  return [
    ...(gap >= 0 ? [`the log has position ${sorted[gap]?.position} where ${gap + 1} is due`] : []),
    ...(relayPosition === log.length ? [] : [`the relay says that it has given ${relayPosition} positions, and there are ${log.length}`]),
    ...(eventCount === log.length ? [] : [`${eventCount} events have ${log.length} positions`]),
  ];
}

/**
 * Promise 6: over all its connections a reader got exactly the events that it may see, from its first to its last, in
 * order and none twice.
 */
export function brokenStreams(streams: readonly ReaderRecord[], log: readonly LogEvent[]): string[] {
  return streams.flatMap((stream) => {
    const visible = log.filter((event) => maySee(stream, event)).sort((a, b) => a.position - b.position);
    const fault = faultOf(stream.frames, visible);
    return fault ? [`the stream of ${stream.name}: ${fault}`] : [];
  });
}

/** Whether a reader may see an event. */
export function maySee({ organizationId, types }: ReaderRecord, event: LogEvent): boolean {
  return (organizationId === null || organizationId === event.organizationId) && (types.length === 0 || types.includes(event.type));
}

/** A reset is a violation, because a run deletes no event that a reader may ask for. */
function faultOf(frames: readonly StreamFrame[], visible: readonly LogEvent[]): string | null {
  if (frames.some(({ kind }) => kind === 'reset')) return 'was reset without a cause';
  const got = frames.filter((frame) => frame.kind === 'event');
  const beginning = frames.find(({ kind }) => kind === 'connected');
  const first = beginning?.kind === 'connected' && beginning.after === 0 ? 0 : visible.findIndex(({ position }) => position === got[0]?.position);
  if (got.length === 0) return 'got nothing';
  if (first < 0) return `got position ${got[0]?.position}, which is not for it`;
  const due = visible.slice(first);
  const wrong = got.findIndex((frame, i) => !isSame(frame, due[i]));
  if (wrong >= 0) return `got ${describe(got[wrong])} where ${describe(due[wrong])} was due`;
  return got.length === due.length ? null : `ended at ${got.at(-1)?.position}, ${due.length - got.length} events too early`;
}

type EventFrame = Extract<StreamFrame, { kind: 'event' }>;

function isSame(frame: EventFrame, event: LogEvent | undefined): boolean {
  return event !== undefined && frame.position === event.position && frame.type === event.type && nameOfTask(frame) === nameOfTask(event);
}

function describe(event: { position: number; type: string } | undefined): string {
  return event ? `${event.position} (${event.type})` : 'nothing';
}

/** About 24 days. `setTimeout` holds 31 bits of milliseconds, and fires at once when it is given more. */
const longestMilliseconds = 2 ** 31 - 1;

/** `setTimeout` for times that come from a caller or a server: one that is too long becomes the longest there is. */
export function startTimer(act: () => void, milliseconds: number): ReturnType<typeof setTimeout> {
  return setTimeout(act, Math.min(milliseconds, longestMilliseconds));
}

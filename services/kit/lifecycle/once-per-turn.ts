/** Calls `action` once, in a later turn of the event loop, however often it is asked to meanwhile. */
export function oncePerTurn(action: () => void): () => void {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    setImmediate(() => {
      asked = false;
      action();
    });
  };
}

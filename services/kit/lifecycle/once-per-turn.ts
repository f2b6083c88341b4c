/** Returns a function that calls `action` in a later turn of the event loop, once for all calls until then. */
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

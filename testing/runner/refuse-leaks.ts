import { afterAll, expect, vi } from 'vitest';

// Each test must close whatever keeps the process running. A leak here is a service that cannot shut down.
const before = openHandles();

afterAll(async () => {
  await vi.waitFor(() => expect(leakedHandles(), 'handles left open by this test file').toEqual([]), { timeout: 3_000 });
});

function leakedHandles(): string[] {
  const expected = [...before];
  return openHandles().filter((kind) => {
    const index = expected.indexOf(kind);
    if (index >= 0) expected.splice(index, 1);
    return index < 0;
  });
}

/** Timers do not count, because the test runner has its own. */
function openHandles(): string[] {
  const kinds = ['TCPServerWrap', 'TCPSocketWrap', 'PipeWrap', 'ProcessWrap', 'HTTP2SESSION', 'UDPWRAP', 'FSEventWrap'];
  return process.getActiveResourcesInfo().filter((kind) => kinds.includes(kind));
}

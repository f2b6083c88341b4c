import { test } from 'vitest';

/**
 * Declares a test that needs something of the machine. Where that is missing the test is skipped, and its name says
 * what it needs.
 */
export function testWhere(isHere: boolean, needed: string): (name: string, run: () => Promise<void> | void) => void {
  return (name, run) => (isHere ? test(name, run) : test.skip(`${name} (needs ${needed})`, run));
}

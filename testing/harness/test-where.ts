import { test } from 'vitest';

/**
 * Declares a test that needs something on the machine. When it is missing, the test is skipped, and the test's name
 * says what it needs.
 */
export function testWhere(isHere: boolean, needed: string): (name: string, run: () => Promise<void> | void) => void {
  return (name, run) => (isHere ? test(name, run) : test.skip(`${name} (needs ${needed})`, run));
}

import { expect, test } from 'vitest';
import type { RunRecord } from '../record/record.ts';
import { createPrompt } from './prompt.ts';

test('a description of 64 KiB reaches the agent whole', () => {
  const description = `${'x'.repeat(65_500)} the last requirement`;
  const task = { title: 'Do it', description, notes: null, context_handoff: null };
  const record = { task, branch: 'task/one', feedback: null, originBranch: null } as unknown as RunRecord;
  expect(createPrompt({ record, baseBranch: 'main', acceptance: [], instructions: [] })).toContain('the last requirement');
});

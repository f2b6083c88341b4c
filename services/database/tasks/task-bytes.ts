/** The texts of the tasks in one answer have at most so many bytes, plus the task that crosses the limit. */
export const pageMaxBytes = 4 * 1024 * 1024;

/**
 * The size of a task in an answer: its long texts, and 2,000 bytes for all the rest. `row` names the row in the
 * statement. PostgreSQL knows the length of a text without reading what it stores outside the row.
 */
export const taskBytes = (row: string): string =>
  `(octet_length(${row}.title) + coalesce(octet_length(${row}.description), 0) + coalesce(octet_length(${row}.notes), 0) +
      coalesce(octet_length(${row}.context_handoff), 0) + octet_length(array_to_string(${row}.pr_urls || ${row}.commits, ' ')) + 2000)`;

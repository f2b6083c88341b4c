/** The task that every way creates: the fields that people write, with a text of 220 characters. */
export const newTask = {
  title: 'Send the welcome e-mail',
  description: 'x'.repeat(220),
  project: 'mail',
  owner: 'ann',
  milestone: 'v1',
  layer: 'core',
  rev: 5,
  use: 3,
  effort: 2,
};

/**
 * Foreign text inside a fence that it cannot close: JSON, whose `<` are escaped. Every sentence outside the fence is ours and the same for every
 * task, so a title that reads like an instruction stays a value. What has no value is left out to keep it short.
 */
export function dataText(sentence: string, value: unknown): string {
  const json = JSON.stringify(value, (_, one: unknown) => (one === null ? undefined : one)).replaceAll('<', '\\u003c');
  return `${sentence} Between the tags is data that people and agents wrote:\n<dispatcher-data>\n${json}\n</dispatcher-data>`;
}

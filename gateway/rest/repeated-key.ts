/** A string, with its colon when it is a key; or a bracket. */
const token = /"((?:[^"\\]+|\\.)*)"(\s*:)?|[{}]/gs;

/**
 * The first key that an object in this JSON text has twice, or undefined. `JSON.parse` takes the last of them without a
 * word, and a proxy in front may take the first. The text must be valid JSON.
 */
export function repeatedKey(text: string): string | undefined {
  const objects: Set<string>[] = [];
  for (const [bracket, content, colon] of text.matchAll(token)) {
    if (bracket === '{') objects.push(new Set());
    else if (bracket === '}') objects.pop();
    else if (colon !== undefined && content !== undefined) {
      const key = content.includes('\\') ? String(JSON.parse(`"${content}"`)) : content;
      const keys = objects.at(-1);
      if (keys?.has(key)) return key;
      keys?.add(key);
    }
  }
  return undefined;
}

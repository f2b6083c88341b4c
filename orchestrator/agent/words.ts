/**
 * Splits a command line into words like a shell, without a shell. It knows quotes and backslashes, and expands nothing.
 * Null when a quote is not closed.
 */
export function wordsFromLine(line: string): string[] | null {
  const words: string[] = [];
  let word: string | undefined;
  let quote: '"' | "'" | undefined;
  for (let at = 0; at < line.length; at++) {
    const char = line.charAt(at);
    if (quote !== undefined && char === quote) quote = undefined;
    else if (char === '\\' && quote !== "'") {
      at += 1;
      word = (word ?? '') + line.charAt(at);
    } else if (quote !== undefined) word = (word ?? '') + char;
    else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + char;
  }
  if (quote !== undefined) return null;
  return word === undefined ? words : [...words, word];
}

/** The seeds that a list such as `1-3,1000` names; none for an empty text. Throws when a part of it is unclear. */
export function seedsIn(text: string): number[] {
  if (text === '') return [];
  return text.split(',').flatMap((part) => {
    const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? [];
    if (first === undefined) throw new Error(`${part} is no seed and no range of seeds: write 1-3,1000.`);
    return Array.from({ length: Number(last) - Number(first) + 1 }, (_, i) => Number(first) + i);
  });
}

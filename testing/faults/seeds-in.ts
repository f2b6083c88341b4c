/** The seeds that `1-3,1000` names; none in an empty text. Throws where it names none clearly. */
export function seedsIn(text: string): number[] {
  if (text === '') return [];
  return text.split(',').flatMap((part) => {
    const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? [];
    if (first === undefined) throw new Error(`${part} is no seed and no range of seeds: write 1-3,1000.`);
    return Array.from({ length: Number(last) - Number(first) + 1 }, (_, i) => Number(first) + i);
  });
}

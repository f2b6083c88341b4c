/** One small task of the demonstration, and its solution. */
export interface DemoFunction {
  readonly name: string;
  readonly what: string;
  readonly source: string;
  readonly test: string;
  /** A wrong first try. It goes back to the agent with the output of the test. */
  readonly slip?: string;
}

/** Ten functions that the sample repository lacks. */
export const demoFunctions: readonly DemoFunction[] = [
  {
    name: 'clamp',
    what: 'keeps a number between two others',
    source: '(value, low, high) => Math.min(high, Math.max(low, value))',
    test: 'clamp(7, 0, 5), 5',
  },
  {
    name: 'lerp',
    what: 'finds the number a share of the way between two others',
    source: '(from, to, share) => from + (to - from) * share',
    test: 'lerp(2, 4, 0.5), 3',
  },
  { name: 'sum', what: 'adds a list of numbers', source: '(list) => list.reduce((total, one) => total + one, 0)', test: 'sum([1, 2, 3]), 6' },
  {
    name: 'median',
    what: 'finds the middle of a list of numbers',
    source: '(list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)]',
    test: 'median([10, 9, 1]), 9',
    slip: '(list) => [...list].sort()[Math.floor(list.length / 2)]',
  },
  {
    name: 'range',
    what: 'lists the whole numbers below a limit',
    source: '(limit) => Array.from({ length: limit }, (_, index) => index)',
    test: 'range(4).at(-1), 3',
  },
  {
    name: 'capitalise',
    what: 'begins a text with a capital letter',
    source: '(text) => text.charAt(0).toUpperCase() + text.slice(1)',
    test: "capitalise('oslo'), 'Oslo'",
  },
  { name: 'reverse', what: 'turns a text round', source: "(text) => [...text].reverse().join('')", test: "reverse('abc'), 'cba'" },
  {
    name: 'initials',
    what: 'takes the first letter of each word',
    source: "(text) => text.split(' ').map((word) => word.charAt(0)).join('')",
    test: "initials('Ada Lovelace'), 'AL'",
  },
  { name: 'unique', what: 'leaves each item of a list once', source: '(list) => [...new Set(list)]', test: 'unique([1, 1, 2]).length, 2' },
  {
    name: 'isLeapYear',
    what: 'tells leap years',
    source: '(year) => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)',
    test: 'isLeapYear(2100), false',
  },
];

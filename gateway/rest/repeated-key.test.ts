import { assert, dictionary, json, property, string } from 'fast-check';
import { expect, test } from 'vitest';
import { repeatedKey } from './repeated-key.ts';

test.each([
  ['{"a":1,"b":2,"a":3}', 'a'],
  ['{"a":1,"\\u0061":3}', 'a'],
  ['{"a" : 1 ,\n"a"\t:3}', 'a'],
  ['{"a":[{"b":1},{"b":1,"c":{},"b":2}]}', 'b'],
  ['{"":1,"":1}', ''],
  ['{"__proto__":1,"__proto__":1}', '__proto__'],
  ['{"a\\"":1,"a\\"":1}', 'a"'],
  ['{"a":{"a":{"a":1}},"b":["a","a",{"a":"a"}]}', undefined],
  ['{"a":"\\"a\\":1,{}","b":"}"}', undefined],
  ['["a","a"]', undefined],
])('the key that is there twice in %s is %j', (text, key) => {
  expect(repeatedKey(text)).toBe(key);
});

test('JSON of any value has no key twice, and each key of it is found when it comes again', async () => {
  await assert(property(json(), (text) => repeatedKey(text) === undefined));
  const keys = dictionary(string({ unit: 'binary' }), string({ unit: 'binary' }), { minKeys: 1 });
  await assert(
    property(keys, (value) => {
      const [key = ''] = Object.keys(value);
      return repeatedKey(`${JSON.stringify(value).slice(0, -1)},${JSON.stringify(key)}:1}`) === key;
    }),
  );
});

test('a body of the largest size is read in one pass', () => {
  const text = JSON.stringify({ notes: 'n'.repeat(65_536), description: '\\"'.repeat(32_768), ids: Array.from({ length: 500 }, (_, i) => ({ i })) });
  expect(repeatedKey(text)).toBeUndefined();
});

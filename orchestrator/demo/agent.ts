// A scripted coding agent. It reads its prompt, writes what the task asks for, and commits. One of its first tries is
// wrong.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { demoFunctions } from './functions.ts';

const prompt = await text(process.stdin);
const name = /Add (\w+)\(\)/.exec(prompt)?.[1];
const wanted = demoFunctions.find((one) => one.name === name);
if (wanted === undefined) throw new Error('The prompt names no function that this agent knows.');

const isSecondRound = prompt.includes('BEGIN FEEDBACK');
const source = wanted.slip !== undefined && !isSecondRound ? wanted.slip : wanted.source;
mkdirSync('src', { recursive: true });
mkdirSync('test', { recursive: true });
writeFileSync(`src/${wanted.name}.mjs`, `export const ${wanted.name} = ${source};\n`);
writeFileSync(
  `test/${wanted.name}.test.mjs`,
  [
    "import assert from 'node:assert/strict';",
    "import { test } from 'node:test';",
    `import { ${wanted.name} } from '../src/${wanted.name}.mjs';`,
    '',
    `test('${wanted.name} ${wanted.what}', () => assert.equal(${wanted.test}));`,
    '',
  ].join('\n'),
);
const git = (...words: string[]) => execFileSync('git', ['-c', 'user.name=Demo agent', '-c', 'user.email=agent@localhost', ...words]);
git('add', '--all');
git('commit', '--quiet', '--message', isSecondRound ? `Correct ${wanted.name}` : `Write ${wanted.name} with its test`);

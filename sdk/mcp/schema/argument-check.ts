import { Ajv, type ErrorObject } from 'ajv';
import type { Tool } from '../tools/tool.ts';

/** Makes the check of a tool's arguments. It returns the first fault in words, or undefined. */
export function createArgumentCheck(tool: Tool): (given: Record<string, unknown>) => string | undefined {
  // The API checks times.
  const ajv = new Ajv({ strict: true, allowUnionTypes: true, verbose: true, formats: { 'date-time': true } });
  const validate = ajv.compile(tool.description.inputSchema);
  return (given) => {
    if (validate(given)) return undefined;
    const [first] = validate.errors ?? [];
    return first ? faultText(first) : 'The arguments are wrong.';
  };
}

/**
 * Says which argument is wrong and what is allowed. For a regular expression the comment of the field says it in words.
 */
function faultText({ keyword, params, instancePath, data, parentSchema }: ErrorObject): string {
  if (keyword === 'additionalProperties') return `There is no argument ${JSON.stringify(params.additionalProperty)}.`;
  if (keyword === 'required') return `The argument ${params.missingProperty} is missing.`;
  const name = instancePath.slice(1).replaceAll('/', ' ');
  const rule = rules[keyword]?.(params) ?? String(parentSchema?.description ?? '');
  return `${name} is ${shortened(JSON.stringify(data))}, which is not allowed. ${rule}`.trim();
}

const rules: Readonly<Record<string, (params: ErrorObject['params']) => string>> = {
  type: ({ type }) => `It must be ${[type].flat().map(typeText).join(' or ')}.`,
  enum: ({ allowedValues }) => `It must be one of ${[allowedValues].flat().map(String).join(', ')}.`,
  minimum: ({ limit }) => `It must be at least ${limit}.`,
  maximum: ({ limit }) => `It must be at most ${limit}.`,
  exclusiveMinimum: ({ limit }) => `It must be over ${limit}.`,
  exclusiveMaximum: ({ limit }) => `It must be under ${limit}.`,
  minLength: ({ limit }) => (limit === 1 ? 'It must not be empty.' : `It must have at least ${limit} characters.`),
  maxLength: ({ limit }) => `It must have at most ${limit} characters.`,
  minItems: ({ limit }) => `It must have at least ${limit} ${limit === 1 ? 'item' : 'items'}.`,
  maxItems: ({ limit }) => `It must have at most ${limit} items.`,
  uniqueItems: () => 'No item may be there twice.',
};

const typeNames: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
};

function typeText(type: unknown): string {
  return typeNames[String(type)] ?? String(type);
}

function shortened(json: string): string {
  return json.length > 100 ? `${json.slice(0, 100)}…` : json;
}

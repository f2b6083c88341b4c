import { Ajv } from 'ajv';
import type { Tool } from '../tools/tool.ts';

/** Makes the check of a tool's arguments: the first fault in words, undefined when there is none. */
export function createArgumentCheck(tool: Tool): (given: Record<string, unknown>) => string | undefined {
  const ajv = new Ajv({ strict: true, allowUnionTypes: true });
  const validate = ajv.compile(tool.description.inputSchema);
  return (given) => {
    if (validate(given)) return undefined;
    const [first] = validate.errors ?? [];
    const unknown: unknown = first?.params.additionalProperty;
    if (typeof unknown === 'string') return `There is no argument ${JSON.stringify(unknown)}.`;
    const place = first?.instancePath === '' ? '' : `${first?.instancePath.slice(1)} `;
    return `${place}${first?.message ?? 'The arguments are wrong'}.`;
  };
}

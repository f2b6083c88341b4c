import { createOpenApiDocument } from '@dispatcher/gateway/openapi/document.ts';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

/**
 * Throws unless the OpenAPI document has this answer with exactly these fields. `path` may have a query. The answer to
 * an unknown path must be a 404.
 */
export type AssertMatchesOpenApi = (method: string, path: string, status: number, body: unknown) => void;

/**
 * Compiles the document once, so that a test can check every answer. It is stricter than the document: a field that the
 * document does not have is an error.
 */
export function createOpenApiAssert(served: unknown = createOpenApiDocument()): AssertMatchesOpenApi {
  const document = closed(served) as unknown as OpenApiDocument;
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateSchema: false });
  formats.default(ajv);
  ajv.addSchema(document, 'openapi');
  return (method, path, status, body) => {
    const pointer = responsePointer(document, method, path.replace(/\?.*$/s, ''), status);
    if (pointer === undefined) return;
    const validate = ajv.getSchema(`openapi#${pointer}`);
    if (!validate) throw new Error(`${method} ${path}: the OpenAPI document has no answer ${status}`);
    if (!validate(body)) throw new Error(`${method} ${path} ${status}: ${ajv.errorsText(validate.errors)} in ${JSON.stringify(body)}`);
  };
}

interface OpenApiDocument {
  paths: Record<string, Record<string, { responses: Record<string, { $ref?: string; content?: Record<string, unknown> }> }>>;
}

/** The path to the schema of the answer. Undefined for an answer that is not JSON. */
function responsePointer({ paths }: OpenApiDocument, method: string, path: string, status: number): string | undefined {
  const [template] = Object.keys(paths)
    .filter((candidate) => paths[candidate]?.[method.toLowerCase()] && pattern(candidate).test(path))
    .sort((a, b) => a.split('{').length - b.split('{').length);
  const response = template === undefined ? { $ref: '#/components/responses/Error404' } : paths[template]?.[method.toLowerCase()]?.responses[status];
  if (template === undefined && status !== 404) throw new Error(`${method} ${path}: the OpenAPI document has no such route`);
  if (response?.content && !('application/json' in response.content)) return undefined;
  const place = response?.$ref?.slice(1) ?? `/paths/${escaped(template ?? '')}/${method.toLowerCase()}/responses/${status}`;
  return `${place}/content/application~1json/schema`;
}

function pattern(template: string): RegExp {
  return new RegExp(`^${template.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]*')}$`);
}

function escaped(text: string): string {
  return text.replaceAll('~', '~0').replaceAll('/', '~1').replaceAll('{', '%7B').replaceAll('}', '%7D');
}

/** The same schema, in which no object allows unknown fields. */
function closed(value: unknown): Record<string, unknown> {
  const copy = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(copy);
    if (typeof part !== 'object' || part === null) return part;
    const entries = Object.fromEntries(Object.entries(part).map(([key, item]) => [key, copy(item)]));
    return entries.type === 'object' && 'properties' in entries ? { additionalProperties: false, ...entries } : entries;
  };
  return copy(value) as Record<string, unknown>;
}

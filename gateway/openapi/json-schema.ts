/** A JSON Schema, as far as the document needs it. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
  readonly items?: JsonSchema | undefined;
}

/** The same schema, which also takes `null`. */
export function nullable(schema: JsonSchema): JsonSchema {
  const { type, enum: values } = schema;
  if (typeof type !== 'string') return { oneOf: [schema, { type: 'null' }] };
  return { ...schema, type: [type, 'null'], ...(Array.isArray(values) ? { enum: [...values, null] } : {}) };
}

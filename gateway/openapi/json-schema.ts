/** The part of JSON Schema that the document uses. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
  readonly items?: JsonSchema | undefined;
}

/** The same schema, which also allows `null`. */
export function nullable(schema: JsonSchema): JsonSchema {
  const { type, enum: values } = schema;
  if (typeof type !== 'string') return { oneOf: [schema, { type: 'null' }] };
  return { ...schema, type: [type, 'null'], ...(Array.isArray(values) ? { enum: [...values, null] } : {}) };
}

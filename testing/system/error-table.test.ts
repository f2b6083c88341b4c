import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Code } from '@connectrpc/connect';
import { createOpenApiDocument } from '@dispatcher/gateway/openapi/document.ts';
import { errorTable } from '@dispatcher/kit/serving/errors.ts';
import { expect, test } from 'vitest';
import { z } from 'zod';

interface Row {
  status: number;
  type: string;
  code: string;
}

const byCode = (a: Row, b: Row) => (`${a.code} ${a.status}` < `${b.code} ${b.status}` ? -1 : 1);
const table: Row[] = Object.entries(errorTable).map(([code, { status, type }]) => ({ status, type, code }));

/**
 * The error table, and the answers that only REST has: headers over their limit get a status that load balancers know.
 */
const overRest: Row[] = [...table, { status: 431, type: 'invalid_request_error', code: 'invalid_argument' }];

/** The rows of the table in docs/errors.md, with the gRPC code. */
async function documentedRows(): Promise<(Row & { grpc: string })[]> {
  const text = await readFile(join(import.meta.dirname, '../../docs/errors.md'), 'utf8');
  const rows = [...text.matchAll(/^\| (\d{3}) \| `(\w+)` \| `(\w+)` \| (\w+) \| (.+) \|$/gm)];
  return rows.map(([, status = '', type = '', code = '', grpc = '']) => ({ status: Number(status), type, code, grpc }));
}

/** Formats a code such as `InvalidArgument` as gRPC writes it. */
const grpcName = (code: Code) => (Code[code] ?? '').replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();

test('docs/errors.md has each code of the error table once, with its status, type and gRPC code, and no other', async () => {
  const expected = Object.entries(errorTable).map(([code, { status, type, grpc }]) => ({ status, type, code, grpc: grpcName(grpc) }));
  expect((await documentedRows()).sort(byCode)).toEqual(expected.sort(byCode));
});

const enumeration = z.object({ enum: z.array(z.string()) });
const failure = z.object({ properties: z.object({ error: z.object({ properties: z.object({ type: enumeration, code: enumeration }) }) }) });
const documentSchema = z.object({
  paths: z.record(
    z.string(),
    z.record(z.string(), z.object({ responses: z.record(z.string(), z.object({ $ref: z.string().optional() })) }).optional()),
  ),
  components: z.object({
    responses: z.record(z.string(), z.object({ content: z.object({ 'application/json': z.object({ schema: failure }) }) })),
  }),
});

test('the OpenAPI document has each code of the error table under its status and type, and no other', () => {
  const { components } = documentSchema.parse(createOpenApiDocument());
  const rows = Object.entries(components.responses).flatMap(([name, { content }]) => {
    const { type, code } = content['application/json'].schema.properties.error.properties;
    expect(type.enum, `${name} has one type`).toHaveLength(1);
    return code.enum.map((word) => ({ status: Number(name.replace('Error', '')), type: type.enum[0] ?? '', code: word }));
  });
  expect(rows.sort(byCode)).toEqual(overRest.sort(byCode));
});

test('the OpenAPI document gives every status of the error table to some route, and each failure of a route its own status', () => {
  const { paths } = documentSchema.parse(createOpenApiDocument());
  const operations = Object.values(paths).flatMap((path) => Object.values(path));
  const used = new Set<number>();
  for (const operation of operations) {
    for (const [status, { $ref }] of Object.entries(operation?.responses ?? {})) {
      if (!$ref) continue;
      expect($ref).toBe(`#/components/responses/Error${status}`);
      used.add(Number(status));
    }
  }
  expect([...used].sort()).toEqual([...new Set(overRest.map(({ status }) => status))].sort());
});

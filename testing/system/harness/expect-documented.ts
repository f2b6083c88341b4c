import { createOpenApiAssert } from '../../gateway/openapi-assert.ts';

const assertMatches = createOpenApiAssert();

/** Fails unless the gateway's OpenAPI document has this route, with this status and this body. */
export function expectDocumented(method: string, path: string, { status, text }: { readonly status: number; readonly text: string }): void {
  assertMatches(method, path, status, JSON.parse(text));
}

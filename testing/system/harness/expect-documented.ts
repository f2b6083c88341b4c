import { createOpenApiAssert } from '../../gateway/openapi-assert.ts';

const assertMatches = createOpenApiAssert();

/** Fails unless the OpenAPI document of the gateway has this route, this status for it, and this body. */
export function expectDocumented(method: string, path: string, { status, text }: { readonly status: number; readonly text: string }): void {
  assertMatches(method, path, status, JSON.parse(text));
}

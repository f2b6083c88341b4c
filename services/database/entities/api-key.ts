import { defineEntity, type InferEntity, p } from '@mikro-orm/core';

/** Whose tasks and keys they are. Made with the first key of an organization. */
export const Organization = defineEntity({
  name: 'Organization',
  tableName: 'organizations',
  properties: {
    id: p.text().primary(),
    createdAt: p.datetime().defaultRaw('clock_timestamp()'),
  },
});

/** A key: whom it stands for and what it may do. Of its secret only the digest is kept. */
export const ApiKey = defineEntity({
  name: 'ApiKey',
  tableName: 'api_keys',
  properties: {
    id: p.text().primary(),
    organizationId: p.text(),
    name: p.text(),
    scopes: p.array(),
    digest: p.blob(),
    createdAt: p.datetime().defaultRaw('clock_timestamp()'),
    expiresAt: p.datetime().nullable(),
    revokedAt: p.datetime().nullable(),
  },
});

/** A row of `api_keys`. */
export type ApiKeyRow = InferEntity<typeof ApiKey>;

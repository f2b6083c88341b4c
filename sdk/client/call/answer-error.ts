import type { Settings } from '../config.ts';
import {
  AuthenticationError,
  AuthorizationError,
  ConflictError,
  isRecord,
  NotFoundError,
  RateLimitError,
  RecursivError,
  ValidationError,
} from '../errors.ts';

const byStatus: Readonly<Record<number, typeof RecursivError>> = {
  400: ValidationError,
  401: AuthenticationError,
  403: AuthorizationError,
  404: NotFoundError,
  409: ConflictError,
  413: ValidationError,
  415: ValidationError,
  422: ValidationError,
  429: RateLimitError,
};

/** The error for an answer that is not a success. A body that is not the API's, such as a proxy's page, is not used. */
export function errorFromAnswer({ baseUrl }: Settings, { status, headers }: Response, body: unknown): RecursivError {
  const error = isRecord(body) && isRecord(body.error) ? body.error : {};
  const Kind = byStatus[status] ?? RecursivError;
  const code = textOr(error.code, 'unexpected_answer');
  return new Kind({
    status,
    code,
    message: wrongBaseUrl(baseUrl, status, code) ?? textOr(error.message, `The server answered ${status}.`),
    type: textOr(error.type, 'api_error'),
    details: error.details,
    requestId: headers.get('x-request-id') ?? undefined,
    retryAfterSeconds: retryAfterSeconds(headers.get('retry-after')),
  });
}

/**
 * What to say when the API does not seem to be at the base URL: nothing is there, or a page. A base URL that does not
 * end with `/api/v1` can be right behind a proxy, so only the answer shows that it is wrong.
 */
function wrongBaseUrl(baseUrl: string, status: number, code: string): string | undefined {
  const isPage = code === 'unexpected_answer' && (status < 300 || status === 404 || status === 405);
  if (baseUrl.endsWith('/api/v1') || !(isPage || code === 'unknown_route')) return undefined;
  const { origin, pathname } = new URL(baseUrl);
  const path = pathname.replace(/\/+$/, '');
  const folder = path.replace(/\/api(\/.*)?$/, '');
  return `The API is not at the base URL ${origin}${path}. It should end with /api/v1: try ${origin}${folder}/api/v1.`;
}

/** RFC 9110, section 10.2.3: seconds or a date. */
function retryAfterSeconds(value: string | null): number | undefined {
  if (value === null) return undefined;
  const seconds = /^\d+$/.test(value.trim()) ? Number(value) : (Date.parse(value) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}

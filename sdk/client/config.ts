import { AuthenticationError, ValidationError } from './errors.ts';

/** How to reach the API. An absent option comes from the environment, then from the default. */
export interface RecursivOptions {
  /** A key `sk_live_…` or the admin key. `RECURSIV_API_KEY` when absent. */
  apiKey?: string | undefined;
  /** Where the API is. `RECURSIV_BASE_URL` when absent, then `http://localhost:3000/api/v1`. */
  baseUrl?: string | undefined;
  /** Time limit of one attempt in milliseconds, 30,000 when absent. `wait_seconds` is added to it. */
  timeout?: number | undefined;
  /** How often a failed call is retried, 2 when absent. */
  maxRetries?: number | undefined;
  /**
   * Sent as `organization_id` in requests that take one, unless the caller names one. `RECURSIV_ORGANIZATION_ID` when
   * absent.
   */
  organizationId?: string | undefined;
}

/** The complete options. */
export interface Settings {
  readonly apiKey: string;
  readonly baseUrl: string;
  readonly timeout: number;
  readonly maxRetries: number;
  readonly organizationId: string | undefined;
}

/** Completes the options from the environment and the defaults, and refuses what cannot work. */
export function settingsFromOptions(options: RecursivOptions): Settings {
  return {
    apiKey: checkedKey(options.apiKey ?? environment('RECURSIV_API_KEY')),
    baseUrl: checkedUrl(options.baseUrl ?? environment('RECURSIV_BASE_URL') ?? 'http://localhost:3000/api/v1'),
    timeout: atLeast(1, 'timeout', options.timeout ?? 30_000),
    maxRetries: atLeast(0, 'maxRetries', options.maxRetries ?? 2),
    organizationId: options.organizationId ?? environment('RECURSIV_ORGANIZATION_ID'),
  };
}

/** A browser has no `process`. An empty variable counts as unset. */
function environment(name: string): string | undefined {
  return typeof process === 'undefined' ? undefined : process.env?.[name] || undefined;
}

/** Refuses a key that does not fit in a header, because fetch would print it in its error message. */
function checkedKey(apiKey: string | undefined): string {
  const key = apiKey?.trim();
  if (!key)
    throw new AuthenticationError({
      status: 401,
      code: 'missing_api_key',
      message: 'There is no API key. Set RECURSIV_API_KEY or the option `apiKey`.',
    });
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw new AuthenticationError({ status: 401, code: 'invalid_api_key', message: 'The API key has characters that no key has.' });
  }
  return key;
}

function checkedUrl(baseUrl: string): string {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new ValidationError({
      status: 400,
      code: 'invalid_argument',
      message: `The base URL ${JSON.stringify(baseUrl)} is not an http or https URL such as http://localhost:3000/api/v1.`,
    });
  }
  return baseUrl.replace(/\/+$/, '');
}

function atLeast(least: number, name: string, value: number): number {
  if (value >= least && Number.isFinite(value)) return value;
  throw new ValidationError({ status: 400, code: 'invalid_argument', message: `${name} must be a number of at least ${least}.` });
}

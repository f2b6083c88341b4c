import { AuthenticationError, ValidationError } from './errors.ts';

/** How to reach the API. What is absent comes from the environment, then from the default. */
export interface RecursivOptions {
  /** An `sk_live_…` key or the admin's; `RECURSIV_API_KEY` when absent. */
  apiKey?: string | undefined;
  /** Where the API lives; `RECURSIV_BASE_URL` when absent, else `http://localhost:3000/api/v1`. */
  baseUrl?: string | undefined;
  /** Milliseconds that one attempt may take; 30,000 when absent. `wait_seconds` is added to it. */
  timeout?: number | undefined;
  /** How often a failed call is repeated; 2 when absent. */
  maxRetries?: number | undefined;
  /** Sent as `organization_id` where a request takes one and the caller names none; `RECURSIV_ORGANIZATION_ID` when absent. */
  organizationId?: string | undefined;
}

/** The options with every gap filled. */
export interface Settings {
  readonly apiKey: string;
  readonly baseUrl: string;
  readonly timeout: number;
  readonly maxRetries: number;
  readonly organizationId: string | undefined;
}

/** Fills the gaps of the options from the environment and the defaults, and refuses what cannot work. */
export function settingsFromOptions(options: RecursivOptions): Settings {
  return {
    apiKey: checkedKey(options.apiKey ?? environment('RECURSIV_API_KEY')),
    baseUrl: checkedUrl(options.baseUrl ?? environment('RECURSIV_BASE_URL') ?? 'http://localhost:3000/api/v1'),
    timeout: atLeast(1, 'timeout', options.timeout ?? 30_000),
    maxRetries: atLeast(0, 'maxRetries', options.maxRetries ?? 2),
    organizationId: options.organizationId ?? environment('RECURSIV_ORGANIZATION_ID'),
  };
}

/** A browser has no `process`; an empty variable counts as unset. */
function environment(name: string): string | undefined {
  return typeof process === 'undefined' ? undefined : process.env?.[name] || undefined;
}

/** A key that fits in a header. fetch would print a bad one in its error message. */
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

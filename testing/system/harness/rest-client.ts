import { errorTable } from '@dispatcher/kit/serving/errors.ts';
import type { Claim, ClaimedTask, Event, Key, Page, Stats, Task } from '@recursiv/sdk';
import { expect } from 'vitest';
import { apiPath } from './api-path.ts';
import { expectDocumented } from './expect-documented.ts';

/** An answer of the REST API, read to its end. */
export interface RestAnswer<T = unknown> {
  readonly status: number;
  readonly headers: Headers;
  /** The body as it came over the wire. */
  readonly text: string;
  /** The content of `data`; undefined in an error. */
  readonly data: T;
  readonly meta: Page;
  /** The content of `error`; undefined in a success. */
  readonly error: RestError;
}

/** An error as REST answers it. */
interface RestError {
  readonly type: string;
  readonly code: string;
  readonly message: string;
  readonly details?: Readonly<Record<string, string>>;
}

/** The options of a request besides its key. A `body` that is not a string is sent as JSON. */
interface RestOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Calls the API with one key. Every answer is checked against the OpenAPI document, and against what all answers
 * promise.
 */
export interface RestClient {
  /** `path` is below `/api/v1/dispatcher` and includes the query. */
  call<T = unknown>(method: string, path: string, options?: RestOptions): Promise<RestAnswer<T>>;
  create(body: object): Promise<RestAnswer<Task>>;
  get(id: string): Promise<RestAnswer<Task>>;
  list(query?: string): Promise<RestAnswer<Task[]>>;
  update(id: string, body: object): Promise<RestAnswer<Task>>;
  archive(id: string): Promise<RestAnswer<Task>>;
  activity(id: string, query?: string): Promise<RestAnswer<Event[]>>;
  claimNext(body: object, headers?: Record<string, string>): Promise<RestAnswer<ClaimedTask | null>>;
  claim(id: string, body: object): Promise<RestAnswer<ClaimedTask>>;
  heartbeat(id: string, body: object): Promise<RestAnswer<Claim>>;
  done(id: string, body: object): Promise<RestAnswer<Task>>;
  release(id: string, body: object): Promise<RestAnswer<Task>>;
  claims(query?: string): Promise<RestAnswer<Claim[]>>;
  stats(query?: string): Promise<RestAnswer<Stats>>;
  createKey(body: object): Promise<RestAnswer<Key>>;
}

/** Creates a caller with this key, or without one. `url` is the gateway's. */
export function createRestClient(url: string, key: string | null): RestClient {
  const call = async <T>(method: string, path: string, { body, headers }: RestOptions = {}): Promise<RestAnswer<T>> => {
    const response = await fetch(url + apiPath + path, {
      method,
      headers: {
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
    });
    const answer = answerFrom<T>(response.status, response.headers, await response.text());
    expectDocumented(method, apiPath + path, answer);
    return answer;
  };
  const post = <T>(path: string, body: object, headers: Record<string, string> = {}) => call<T>('POST', path, { body, headers });
  const on = (route: string, id: string) => `/${route}/${encodeURIComponent(id)}`;
  return {
    call,
    create: (body) => post('/tasks', body),
    get: (id) => call('GET', on('tasks', id)),
    list: (query = '') => call('GET', `/tasks${query}`),
    update: (id, body) => call('PATCH', on('tasks', id), { body }),
    archive: (id) => call('POST', `${on('tasks', id)}/archive`),
    activity: (id, query = '') => call('GET', `${on('tasks', id)}/activity${query}`),
    claimNext: (body, headers) => post('/tasks/claim-next', body, headers),
    claim: (id, body) => post(on('claim', id), body),
    heartbeat: (id, body) => post(on('heartbeat', id), body),
    done: (id, body) => post(on('done', id), body),
    release: (id, body) => post(on('release', id), body),
    claims: (query = '') => call('GET', `/claims${query}`),
    stats: (query = '') => call('GET', `/stats${query}`),
    createKey: (body) => post('/keys', body),
  };
}

/**
 * Reads an answer and checks what every answer promises: JSON, a request id, and either data or an error of the table.
 */
function answerFrom<T>(status: number, headers: Headers, text: string): RestAnswer<T> {
  expect(headers.get('content-type'), text).toBe('application/json; charset=utf-8');
  expect(headers.get('x-request-id')).toMatch(/^[\w.-]{1,128}$/);
  const body = JSON.parse(text) as { data: T; meta: Page; error: RestError };
  if (status < 300) expect(body).not.toHaveProperty('error');
  else expectFailure(status, headers, body);
  return { status, headers, text, data: body.data, meta: body.meta, error: body.error };
}

function expectFailure(status: number, headers: Headers, body: { error: RestError }): void {
  expect(Object.keys(body)).toEqual(['error']);
  const { error } = body;
  const row = Object.entries(errorTable).find(([code]) => code === error.code)?.[1];
  expect(row, `${error.code} stands in the error table`).toMatchObject({ status, type: error.type });
  expect(error.message).toMatch(/\S{3,}/);
  if (status === 429 || status === 503) expect(headers.get('retry-after')).toMatch(/^\d+$/);
  if (status === 401) expect(headers.get('www-authenticate')).toBe('Bearer');
}

/** The path of the API. */
export const apiPath = '/api/v1/dispatcher';

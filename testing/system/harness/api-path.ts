/** Where the API lies. */
export const apiPath = '/api/v1/dispatcher';

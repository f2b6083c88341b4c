import { createRecordingServices } from '@dispatcher/testing/gateway/recording-services.ts';
import { useGateway } from '@dispatcher/testing/gateway/use-gateway.ts';
import { anything, assert, asyncProperty, constantFrom, dictionary, json, oneof, record, string } from 'fast-check';
import { expect, test } from 'vitest';
import { routes } from './routes.ts';

test('random requests to every route get no 500, and every failure is one of the contract', async () => {
  await using gateway = await useGateway([createRecordingServices().routes]);
  const fields = [...new Set(routes.flatMap(({ rpc }) => rpc.input.fields.map((field) => field.jsonName)))];
  const names = oneof(constantFrom(...fields, '__proto__', 'constructor', 'toString'), string());
  const text = oneof(string({ unit: 'binary' }), constantFrom('\0', '../..', '%', 'a\r\nb: c', '__proto__', '9'.repeat(400)));
  const request = record({
    route: constantFrom(...routes.filter(({ rpc }) => rpc.methodKind === 'unary')),
    id: text,
    query: dictionary(names, text, { maxKeys: 3 }),
    body: oneof(dictionary(names, anything(), { maxKeys: 5 }), json(), string({ unit: 'binary' })),
    type: constantFrom('application/json', 'text/plain', 'application/json; charset=utf-16', ';'),
  });
  await assert(
    asyncProperty(request, async ({ route, id, query, body, type }) => {
      const path = route.path.replace(/\{\w+\}/, () => encodeURIComponent(id.toWellFormed()).replace(/^\.{1,2}$/, 'dots'));
      const search = new URLSearchParams(query).toString();
      const sent = route.method === 'GET' ? {} : { body: typeof body === 'string' ? body : (JSON.stringify(body) ?? '') };
      const answer = await gateway.send(route.method, `${path}${search && '?'}${search}`, { ...sent, headers: { 'content-type': type } });
      expect([200, 201, 400, 403, 404, 413, 415]).toContain(answer.status);
      if (answer.status >= 400) expect(answer.body).toMatchObject({ error: { type: expect.any(String), code: expect.any(String) } });
    }),
    { numRuns: 300 },
  );
});

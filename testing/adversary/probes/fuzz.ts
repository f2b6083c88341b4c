import { createOpenApiAssert } from '../../gateway/openapi-assert.ts';
import { besideVictim } from '../attack.ts';
import { sendAll } from '../flood.ts';
import type { Row } from '../probe.ts';
import { createRandomRequests, type Document } from '../random-request.ts';
import type { Scene } from '../scene.ts';

/** Sends random requests to every route. No answer may be a 5xx, and the OpenAPI document must contain each answer. */
export async function fuzz(scene: Scene): Promise<Row[]> {
  const document = (await (await fetch(`${scene.url}/openapi.json`)).json()) as Document;
  const rows: Row[] = [];
  for (const seed of scene.quick ? [1] : [1, 2, 3]) rows.push(await fuzzOnce(scene, document, seed, scene.quick ? 2_000 : 20_000));
  return rows;
}

async function fuzzOnce(scene: Scene, document: Document, seed: number, count: number): Promise<Row> {
  using attacker = await scene.createCaller('fuzz');
  const next = createRandomRequests(document, seed, scene.adminKey);
  const shots = Array.from({ length: count }, next);
  const faults: string[] = [];
  const begin = async () => {
    const sent = sendAll(attacker, 16, shots);
    return {
      async stop() {
        const { answers } = await sent;
        faults.push(...faultsIn(document, answers));
        return answers.filter(({ status }) => status >= 400).length;
      },
    };
  };
  const row = await besideVictim(scene, `${count} random requests of the seed ${seed}`, begin);
  const what = `none is a 5xx, and every answer is in the OpenAPI document${faults.length > 0 ? ` (${faults.length} are not: ${faults.slice(0, 3).join('; ')})` : ''}`;
  return { ...row, limits: [...row.limits, { what, held: faults.length === 0 }] };
}

function faultsIn(document: Document, answers: Awaited<ReturnType<typeof sendAll>>['answers']): string[] {
  const assertMatches = createOpenApiAssert(document);
  return answers.flatMap(({ shot, status, body }) => {
    const words = `${shot.method} ${shot.path.slice(0, 200)} ${typeof shot.body === 'string' ? shot.body.slice(0, 200) : ''}`;
    if (status === 0 || status >= 500) return [`${words}: ${status} ${body.slice(0, 200)}`];
    const fault = faultOf(() => assertMatches(shot.method, `/api/v1/dispatcher${shot.path}`, status, JSON.parse(body)));
    return fault === undefined ? [] : [`${words}: ${status} ${body.slice(0, 200)}: ${fault.slice(0, 300)}`];
  });
}

function faultOf(check: () => void): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    return String(error);
  }
}

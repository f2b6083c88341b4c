import { besideVictim } from '../attack.ts';
import { grpcMessage, openGrpcSession } from '../grpc-session.ts';
import type { Row } from '../probe.ts';
import type { Scene } from '../scene.ts';

const health = '/grpc.health.v1.Health/Check';
const halves = 500;

/** Without a key: sends health checks whose body never ends. Complete health checks must still be answered. */
export async function halfSentHealth(scene: Scene): Promise<Row[]> {
  let answered = 0;
  const row = await besideVictim(scene, `${halves} half-sent health checks`, async () => {
    const attacker = await openGrpcSession(scene.grpcUrl);
    let ended = 0;
    for (let i = 0; i < halves; i++) {
      const stream = attacker.begin(health);
      stream.once('close', () => {
        ended += 1;
      });
      stream.resume();
      stream.write(grpcMessage(Buffer.alloc(0), 10));
    }
    return {
      async stop() {
        const seen = ended;
        for (let i = 0; i < wholes; i++) answered += (await isHealthy(scene.grpcUrl)) ? 1 : 0;
        attacker[Symbol.dispose]();
        return seen;
      },
    };
  });
  return [{ ...row, limits: [...row.limits, { what: 'every whole health check is answered', held: answered === wholes }] }];
}

const wholes = 10;

async function isHealthy(url: string): Promise<boolean> {
  using session = await openGrpcSession(url);
  const stream = session.begin(health);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  stream.on('trailers', (trailers) => resolve(trailers['grpc-status'] === '0'));
  stream.once('close', () => resolve(false));
  stream.resume();
  stream.end(grpcMessage(Buffer.alloc(0)));
  return await promise;
}

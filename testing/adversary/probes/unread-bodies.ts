import { besideVictim, memoryWithin } from '../attack.ts';
import { grpcMessage, openGrpcSession } from '../grpc-session.ts';
import type { Row } from '../probe.ts';
import type { Scene } from '../scene.ts';

const streams = 1_000;

/** Without a key: opens a thousand calls on one connection. The body of each stops shortly before its end. */
export async function unreadBodies(scene: Scene): Promise<Row[]> {
  const row = await besideVictim(scene, `${streams} gRPC bodies of 1 MB that never end, without a key`, async () => {
    const attacker = await openGrpcSession(scene.grpcUrl);
    let refused = 0;
    const body = grpcMessage(Buffer.alloc(1_000_000), 1_048_566);
    for (let i = 0; i < streams; i++) {
      const stream = attacker.begin('/dispatcher.v1.TaskService/CreateTask');
      stream.once('close', () => {
        refused += 1;
      });
      stream.resume();
      stream.write(body);
    }
    return {
      async stop() {
        const seen = refused;
        attacker[Symbol.dispose]();
        return seen;
      },
    };
  });
  return [memoryWithin({ ...row, limits: [...row.limits, { what: 'every call is refused', held: row.refused === streams }] }, 200)];
}

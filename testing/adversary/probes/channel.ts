import { once } from 'node:events';
import { besideVictim, memoryWithin } from '../attack.ts';
import { grpcMessage, openGrpcSession } from '../grpc-session.ts';
import type { Row } from '../probe.ts';
import type { Scene } from '../scene.ts';

/** A call without content, as a field in a channel message: its tag and two bytes. */
const emptyCall = Buffer.from([0x0a, 0]);

/** Without the admin key: opens the channel between gateway and service, and sends many calls in one message. */
export async function channel(scene: Scene): Promise<Row[]> {
  const row = await besideVictim(scene, 'the channel, with 200,000 empty calls in each message, without the admin key', async () => {
    const stop = new AbortController();
    let refused = 0;
    const message = grpcMessage(Buffer.alloc(400_000, emptyCall));
    const loop = async () => {
      while (!stop.signal.aborted) {
        using attacker = await openGrpcSession(scene.grpcUrl);
        const stream = attacker.begin('/dispatcher.hop.v1.HopService/Exchange');
        stream.resume();
        stream.end(message);
        await once(stream, 'close');
        refused += 1;
      }
    };
    const running = loop();
    return {
      async stop() {
        stop.abort();
        await running;
        return refused;
      },
    };
  });
  return [memoryWithin({ ...row, limits: [...row.limits, { what: 'the channel does not open', held: row.refused > 0 }] }, 200)];
}

import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { besideVictim, memoryWithin } from '../attack.ts';
import type { Row } from '../probe.ts';
import type { Scene } from '../scene.ts';

/** More connections than one port accepts from one address. */
const each = 6_500;

const ports = [
  { name: 'REST', urlOf: ({ url }: Scene) => url, first: 'GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n' },
  { name: 'gRPC', urlOf: ({ grpcUrl }: Scene) => grpcUrl, first: 'PRI' },
];

/** Without a key: opens as many connections as it can, sends a few bytes on each, and keeps them open. */
export async function connections(scene: Scene): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { name, urlOf, first } of ports) {
    const { hostname, port } = new URL(urlOf(scene));
    const open = async () => {
      let closed = 0;
      const sockets: Socket[] = [];
      for (let i = 0; i < each; i++) {
        const socket = connect(Number(port), hostname).on('error', () => undefined);
        socket.once('connect', () => socket.write(first));
        socket.once('close', () => {
          closed += 1;
        });
        sockets.push(socket.resume());
        // The pause keeps the queue of connections that are not yet accepted from overflowing.
        if (i % 100 === 0) await sleep(10);
      }
      return {
        async stop() {
          const seen = closed;
          for (const socket of sockets) socket.destroy();
          return seen;
        },
      };
    };
    const row = await besideVictim(scene, `${each} kept connections to the ${name} port, without a key`, open);
    rows.push(memoryWithin({ ...row, limits: [...row.limits, { what: 'the first of them are closed', held: row.refused > 0 }] }, 400));
  }
  return rows;
}

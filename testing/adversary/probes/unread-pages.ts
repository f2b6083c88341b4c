import { connect, type Socket } from 'node:net';
import { besideVictim, memoryWithin } from '../attack.ts';
import { sendAll } from '../flood.ts';
import type { Row } from '../probe.ts';
import type { Scene } from '../scene.ts';

const connections = 200;
const largest = { description: 'd'.repeat(60_000), notes: 'n'.repeat(60_000) };

/** Requests the largest pages of tasks on many connections, and reads none of the answers. */
export async function unreadPages(scene: Scene): Promise<Row[]> {
  using attacker = await scene.createCaller('attacker');
  const created = Array.from({ length: 40 }, (_, i) => ({ method: 'POST', path: '/tasks', body: { title: `Large ${i}`, ...largest } }));
  await sendAll(attacker, 8, created);
  const row = await besideVictim(scene, `${connections} pages of large tasks that are not read`, async () => {
    const sockets = Array.from({ length: connections }, () => askAndNotRead(scene.url, attacker.key));
    return {
      async stop() {
        const refused = sockets.filter(({ destroyed }) => destroyed).length;
        for (const socket of sockets) socket.destroy();
        return refused;
      },
    };
  });
  return [memoryWithin(row, 400)];
}

function askAndNotRead(url: string, key: string): Socket {
  const { port, hostname } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  socket.pause();
  socket.write(`GET /api/v1/dispatcher/tasks?limit=200 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\n\r\n`);
  return socket;
}

import { readFile } from 'node:fs/promises';

/** Names this boot of the machine, so that a process id from before a reboot means nothing; empty where the system has no such name. */
export async function bootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')).trim();
}

import { readFile } from 'node:fs/promises';

/**
 * The id of this boot of the machine. A process id that was written down before a reboot says nothing afterwards.
 * Empty where the system has no such id.
 */
export async function bootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')).trim();
}

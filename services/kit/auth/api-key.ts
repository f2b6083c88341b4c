import { hash, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const prefix = 'sk_live_';
const shape = /^sk_live_([0-9A-Za-z]{32})([0-9A-Za-z]{6})$/;

/**
 * Creates a key: `sk_live_`, 32 random base62 characters (190 bits), and a checksum of 6 characters. With the checksum
 * a typo is refused without a look-up.
 */
export function createApiKey(): string {
  const secret = Array.from({ length: 32 }, () => alphabet[randomInt(alphabet.length)]).join('');
  return `${prefix}${secret}${checksum(secret)}`;
}

/** Whether the text has the form and the checksum of a key. */
export function isApiKey(text: string): boolean {
  const parts = shape.exec(text);
  return parts?.[1] !== undefined && checksum(parts[1]) === parts[2];
}

/** The SHA-256 digest of a key, which is stored. A slow hash is not needed, because the key has 190 random bits. */
export function digestOfKey(key: string): Buffer {
  return hash('sha256', key, 'buffer');
}

function checksum(secret: string): string {
  let rest = crc32(secret);
  let text = '';
  for (let i = 0; i < 6; i++) {
    text = alphabet.charAt(rest % alphabet.length) + text;
    rest = Math.floor(rest / alphabet.length);
  }
  return text;
}

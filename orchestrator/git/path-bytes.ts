/** A path as git wrote it, one character a byte, for the file system. */
export function bytesOf(name: string): Buffer {
  return Buffer.from(name, 'latin1');
}

/** The same for people. */
export function readable(name: string): string {
  return bytesOf(name).toString('utf8');
}

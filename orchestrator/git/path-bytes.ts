/** Converts a path from git, in which each character is a byte, to the bytes for the file system. */
export function bytesOf(name: string): Buffer {
  return Buffer.from(name, 'latin1');
}

/** Converts such a path to text for people. */
export function readable(name: string): string {
  return bytesOf(name).toString('utf8');
}

/**
 * The version in package.json. A test compares the two. It is not imported, because the path to that file differs
 * between source and package.
 */
export const version = '0.1.0';

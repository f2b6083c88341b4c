/** The version in package.json. A test holds the two together: the path to that file differs between the source and the package. */
export const version = '0.1.0';

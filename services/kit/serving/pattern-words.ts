/** What each pattern of the contract means, for people. A test holds it to the proto files. */
export const patternWords: Readonly<Record<string, string>> = {
  '^[a-z0-9][a-z0-9_-]{0,63}$': 'must be 1 to 64 lowercase letters, digits, "-" or "_", and must begin with a letter or digit',
  '^[a-z0-9][a-z0-9._-]{0,127}$': 'must be 1 to 128 lowercase letters, digits, ".", "-" or "_", and must begin with a letter or digit',
};

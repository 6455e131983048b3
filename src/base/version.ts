/** The version of this package; a test compares it with package.json. */
export const version = '0.1.0';

/** Name and version in WELCOME. */
export const agent = `Postmaster/${version}`;

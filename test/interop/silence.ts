/**
 * Foreign clients keep a reference to the console when they are loaded. Imported before them, this file keeps their output
 * out of that of the tests.
 */

for (const name of ['log', 'info', 'warn', 'error', 'debug'] as const) {
  Object.defineProperty(console, name, { value: () => {}, configurable: true, writable: true });
}

/** Foreign clients take hold of the console when they are loaded: imported before them, this keeps their chatter out of the tests. */

for (const name of ['log', 'info', 'warn', 'error', 'debug'] as const) {
  Object.defineProperty(console, name, { value: () => {}, configurable: true, writable: true });
}

/**
 * The charts, for editors, for tests and for authors of other WAMP routers: `import { connectionMachine } from
 * 'postmaster/machines'`.
 */

export type { MessageType } from '../src/wamp/message.ts';
export { callMachine } from './call.ts';
export type { CallEvent, CallState } from './call-event.ts';
export { connectionMachine } from './connection.ts';
export type {
  ArrivedMessage,
  AuthEvent,
  ConnectionContext,
  ConnectionDeadlines,
  ConnectionEvent,
  ConnectionState,
  Family,
} from './connection-event.ts';
export { serverMachine } from './server.ts';
export type { ServerContext, ServerEvent, ServerInput, ServerState } from './server-event.ts';

/** The charts, for editors, tests and whoever builds another WAMP router: `import { connectionMachine } from 'postmaster/machines'`. */

export type { Authenticate, Hello, Message, MessageType, PeerMessage, SessionRequest } from '../src/wamp/message.ts';
export type { CallEvent, CallState } from './call.ts';
export { callMachine } from './call.ts';
export type {
  AuthEvent,
  ConnectionContext,
  ConnectionDeadlines,
  ConnectionEvent,
  ConnectionState,
  Family,
} from './connection.ts';
export { connectionMachine } from './connection.ts';
export type { ServerContext, ServerEvent, ServerInput, ServerState } from './server.ts';
export { serverMachine } from './server.ts';

/**
 * The charts, for editors, for tests and for authors of other WAMP routers: `import { connectionMachine } from
 * 'postmaster/machines'`.
 */

export type { Dict } from '../src/base/dict.ts';
export type { Id } from '../src/wamp/id.ts';
export type {
  Authenticate,
  Call,
  Cancel,
  Hello,
  Message,
  MessageType,
  PeerError,
  PeerMessage,
  Publish,
  Register,
  Request,
  RequestId,
  SessionRequest,
  Subscribe,
  Unregister,
  Unsubscribe,
  Yield,
} from '../src/wamp/message.ts';
export type {
  Args,
  EncodedPayload,
  Kwargs,
  MessagePayload,
  Payload,
  PayloadReader,
  PayloadRecord,
} from '../src/wamp/payload.ts';
export type { Reason } from '../src/wamp/reasons.ts';
export { callMachine } from './call.ts';
export type { CallEvent, CallState } from './call-event.ts';
export { connectionMachine } from './connection.ts';
export type {
  AuthEvent,
  ConnectionContext,
  ConnectionDeadlines,
  ConnectionEvent,
  ConnectionState,
  Family,
} from './connection-event.ts';
export { serverMachine } from './server.ts';
export type { ServerContext, ServerEvent, ServerInput, ServerState } from './server-event.ts';

/** Names the tests of those attacks that need no load and are therefore in the ordinary suite. */

/** An attack of the suite. */
export interface SuiteAttack {
  /** What the attacker does: one sentence. */
  readonly does: string;
  /** What came of it on an earlier version. */
  readonly before: string;
  /** Below the root of the package. */
  readonly file: string;
  /** A piece of the title of the test, which no other title of the file has. */
  readonly title: string;
}

/** The table. */
export const suiteAttacks: readonly SuiteAttack[] = [
  {
    does: 'sends one message in 200,000 fragments of one octet',
    before: 'not told',
    file: 'test/transport/websocket/frame-edge.test.ts',
    title: 'of 200,000 fragments %s ends the connection with 1008, and memory stays flat',
  },
  {
    does: 'compresses a message a thousand to one',
    before: 'not told',
    file: 'test/transport/slow-consumer.test.ts',
    title: 'cannot be made to hold a bomb: a thousand to one is cut at the limit',
  },
  {
    does: 'announces a message of 2^53 octets',
    before: 'not told',
    file: 'test/transport/websocket/frame-edge.test.ts',
    title: 'of more than 2^53 octets is refused at its header',
  },
  {
    does: 'sends 2,000 headers with its upgrade request',
    before: 'not told',
    file: 'test/transport/websocket/handshake.test.ts',
    title: 'with 2,000 headers is answered by the server of the application as by our own',
  },
  {
    does: 'sends 32 KB of blanks in the header with the subprotocols',
    before: 'not told',
    file: 'test/transport/websocket/handshake.test.ts',
    title: 'with 32 KB of blanks in its subprotocols costs no time',
  },
  {
    does: 'is silent, or sends one octet a second, before TLS and in the upgrade request',
    before: 'not told',
    file: 'test/transport/websocket/handshake.test.ts',
    title: 'is cut off at the deadline: silent, one octet per second, silent before TLS',
  },
  {
    does: 'makes the log fill a pipe that nobody reads',
    before: 'froze the router after 57 s, for good',
    file: 'test/cli/log.test.ts',
    title: 'where nobody reads its log, counts the lines that are lost',
  },
  {
    does: 'calls a procedure that lets go of a promise which is rejected',
    before: 'ended the process',
    file: 'test/cli/process.test.ts',
    title: 'a promise that a procedure lets go of and that is rejected is logged and counted',
  },
];

/** What all connections of a protocol have in common. */

import type { ConnectionContext, ConnectionDeadlines, ConnectionEvent } from '../../machines/connection-event.ts';
import type { Clock } from '../base/clock.ts';
import type { Report } from '../base/report.ts';
import type { RunChart } from '../chart/running-chart.ts';
import type { Feed } from '../inspect/feed.ts';
import type { Identity } from './dialect.ts';
import type { OutboxSettings } from './outbox.ts';
import type { ReadTurns } from './read-turns.ts';

/** Deadlines, engine, queues, and callbacks about sessions. */
export interface ConnectionSettings {
  readonly deadlines: ConnectionDeadlines;
  readonly runChart: RunChart<ConnectionContext, ConnectionEvent>;
  readonly outbox: OutboxSettings;
  readonly turns: ReadTurns;
  readonly clock: Clock;
  readonly report: Report;
  /** Told of what every connection does, while somebody watches. */
  readonly feed: Feed;
  readonly onAuthenticated: (identity: Identity) => void;
  /** Called once for each session that had authenticated. */
  readonly onDisconnect: (identity: Identity) => void;
}

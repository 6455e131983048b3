/** The types of TLS channel binding. What the octets of one are, only Node can tell: `channel-id.ts`. */

/** The types of TLS channel binding, best first. `tls-exporter` works in every version of TLS, `tls-unique` only in TLS 1.2. */
export const channelBindings = ['tls-exporter', 'tls-unique'] as const;

/** A type of TLS channel binding (RFC 9266, RFC 5929). */
export type ChannelBinding = (typeof channelBindings)[number];

/** Proofs of who somebody is, as the methods of `method/` send them. What computes them is in `proof.ts` of each platform. */

/** The proof of a password by WAMP-SCRAM. */
export interface ScramProof {
  /** `AUTHENTICATE.Signature`. */
  readonly proof: string;
  /** Whether `WELCOME.Details.authextra.verifier` proves that the router knows the password. */
  isProven(verifier: unknown): boolean;
}

/** A private key of cryptosign. */
export interface SigningKey {
  /** `HELLO.Details.authextra.pubkey`. */
  readonly publicKey: string;
  /**
   * `AUTHENTICATE.Signature` of a challenge, for this TLS connection alone if its channel id is given. Throws, or rejects with, a TypeError for a
   * challenge that has not 64 digits of hex.
   */
  sign(challenge: string, channelId?: Uint8Array): string | Promise<string>;
}

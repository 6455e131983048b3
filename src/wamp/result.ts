/** What a procedure may return when one value is not enough. */

import type { Args, Kwargs } from './payload.ts';

/**
 * A result of several arguments, or with keywords. Anything else that a procedure returns is the single argument.
 *
 * @example
 * register('com.example.divide', ({ args: [a, b] }) => new WampResult([Math.floor(a / b), a % b]))
 */
export class WampResult {
  /** Positional payload of RESULT. */
  readonly args: Args;
  /** Keyword payload of RESULT; undefined when there is none. */
  readonly kwargs: Kwargs | undefined;

  constructor(args: Args = [], kwargs?: Kwargs) {
    this.args = args;
    this.kwargs = kwargs;
  }
}

/** What a procedure may return when one value is not enough. */

import type { GivenArgs, GivenKwargs } from './payload.ts';

/**
 * A result of several arguments, or with keywords. Anything else that a procedure returns is the single argument.
 *
 * @example
 * register('com.example.divide', ({ args: [a, b] }) => new WampResult([Math.floor(a / b), a % b]))
 */
export class WampResult {
  /** Positional payload of RESULT. */
  readonly args: GivenArgs;
  /** Keyword payload of RESULT; undefined when there is none. */
  readonly kwargs: GivenKwargs | undefined;

  constructor(args: GivenArgs = [], kwargs?: GivenKwargs) {
    this.args = args;
    this.kwargs = kwargs;
  }
}

/**
 * Stand-ins for the effects of a chart. The code that runs a machine provides the real ones. With the stand-ins a chart can
 * be walked with `transition()`, drawn and tested, but an effect that is executed throws.
 */

import type { EventObject, NonReducibleUnknown } from 'xstate';
import { fromCallback } from 'xstate';

/** An action that nobody provided. */
export const notProvided =
  <Params>(name: string) =>
  (_: unknown, _params: Params): void => {
    throw new Error(`action "${name}" was not provided`);
  };

/** An actor that nobody provided. Actors talk to their parent by events, at once or later. */
export const notProvidedActor = <Input extends NonReducibleUnknown>(name: string) =>
  fromCallback<EventObject, Input>(() => {
    throw new Error(`actor "${name}" was not provided`);
  });

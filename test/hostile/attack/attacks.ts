/** Every attack, in the order in which they run. */

import type { Attack } from './attack.ts';
import { beforeLogin } from './before-login.ts';
import { churn } from './churn.ts';
import { heartbeat } from './heartbeat.ts';
import { held } from './held.ts';
import { login } from './login.ts';
import { ownCode } from './own-code.ts';
import { payload } from './payload.ts';
import { smallMessages } from './small-messages.ts';
import { subscriber } from './subscriber.ts';

/** The table. */
export const attacks: readonly Attack[] = [
  ...beforeLogin,
  ...login,
  ...payload,
  ...smallMessages,
  ...heartbeat,
  ...held,
  ...subscriber,
  ...churn,
  ...ownCode,
];

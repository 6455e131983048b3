/** The attacker: runs one attack in a process of its own, with the lowest priority on its core. */

import { setPriority } from 'node:os';
import { answerWith } from '../../bench/helper.ts';
import { type Attack, type AttackReference, findAttack } from './attack.ts';

/** What the harness asks the attacker. */
export type AttackerQuestion = { readonly load: AttackReference } | { readonly run: string };

// So that the bystanders, who share its core, are measured and not the load.
setPriority(19);

let attack: Attack | undefined;

answerWith(async (question) => {
  const asked = question as AttackerQuestion;
  if ('load' in asked) attack = await findAttack(asked.load);
  else await attack?.run({ url: asked.run, port: Number(new URL(asked.run).port) });
});

/** A script: the router of the soak in a process of its own, which reports what it holds when it is asked. */

import { answerWith } from '../bench/helper.ts';
import { createSoakRouter } from './create-router.ts';
import { runProgram } from './program.ts';
import { createSampler } from './sample.ts';

/** What the router is asked. */
export type RouterQuestion =
  | { readonly order: 'where' }
  | { readonly order: 'sample'; readonly collect: boolean }
  /** The program around the router begins, or ends. */
  | { readonly order: 'program'; readonly isOn: boolean }
  /** Ends it; the answer comes when it is over. */
  | { readonly order: 'close'; readonly drain: number };

/** ms: long enough for peers on a busy machine, short enough for many to be given up in a minute. */
const patience = 3_000;

const router = createSoakRouter(patience);
const sample = router.then(({ postmaster }) => createSampler(postmaster));
let stopProgram = async (): Promise<void> => {};

answerWith(async (question) => {
  const asked = question as RouterQuestion;
  const { postmaster, place } = await router;
  if (asked.order === 'where') return place;
  if (asked.order === 'sample') return (await sample)(asked.collect);
  if (asked.order === 'close') return postmaster.close({ drain: asked.drain });
  if (!asked.isOn) return stopProgram();
  stopProgram = runProgram(postmaster);
  return undefined;
});

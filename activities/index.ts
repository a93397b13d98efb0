/** All activities, made once from what they depend on. */
import { createAnswer } from './answer.ts';
import { createCapture } from './capture.ts';
import { createClaim } from './claim.ts';
import type { Deps } from './deps.ts';
import { createGiveBack } from './give-back.ts';
import { createObserve } from './observe.ts';
import { createOrder } from './order.ts';
import { createPlan } from './plan.ts';
import { createProbe } from './probe.ts';
import { createRelease } from './release.ts';
import { createTurn } from './turn.ts';
import { createWriteSegment } from './write-segment.ts';

/** Steps that stand in the ledger alone; they run on the workflows' own queue. */
export const createLedgerSteps = (deps: Deps) => {
  const steps = { claim: createClaim(deps), plan: createPlan(deps), release: createRelease(deps) };
  return { ...steps, turn: createTurn(steps), giveBack: createGiveBack(deps), order: createOrder(deps) };
};
export type LedgerSteps = ReturnType<typeof createLedgerSteps>;

/** Steps that go out; they run on the connection's queue. */
export const createOutboundSteps = (deps: Deps) => ({
  capture: createCapture(deps),
  observe: createObserve(deps),
  writeSegment: createWriteSegment(deps),
  probe: createProbe(deps),
  answer: createAnswer(deps),
});
export type OutboundSteps = ReturnType<typeof createOutboundSteps>;

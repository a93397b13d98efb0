import type { ProbeInput, ProbeResult } from './messages.ts';
import { probeOn } from './steps.ts';

/** Ask one connection something for somebody who waits: who we are there, or what a record looks like. */
export async function probe(input: ProbeInput): Promise<ProbeResult> {
  return probeOn(input.connection).probe(input);
}

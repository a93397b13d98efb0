/** People at work on records of many kinds in both systems: what they may do is a table, what they do the seed says. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Doc } from '../kit/json.ts';
import { crmDesk, type Desk, erpDesk } from './desk.ts';
import { type Tokens, tokensOf, weighted } from './tokens.ts';

type Side = 'crm' | 'erp';

/** What people look at before they write: a record of a kind, any or one that fits; undefined when there is none. */
export type Pick = (side: Side, kind: string, fits?: (record: Doc) => boolean) => Promise<Doc | undefined>;

interface Task {
  readonly side: Side;
  /** The kind of record by its name there. */
  readonly kind: string;
  /** How often, in proportion. */
  readonly weight: number;
}

/** Something that people change at a record, or something new that they enter; undefined leaves it. */
export type Work =
  | (Task & {
      readonly fits?: (record: Doc) => boolean;
      readonly change: (tokens: Tokens, record: Doc, pick: Pick) => Doc | undefined | Promise<Doc | undefined>;
    })
  | (Task & { readonly enter: (tokens: Tokens, pick: Pick) => Promise<Doc | undefined> });

export interface Crowd {
  /** Enter something, whatever becomes of the answer: its id. */
  readonly enter: (side: Side, kind: string, values: Doc) => Promise<string>;
  /** So many things, one after another; how many came about. */
  readonly work: (times: number, pace: { readonly pauseMs: number; readonly signal: AbortSignal }) => Promise<number>;
  readonly pick: Pick;
  /** All records of a kind as they are now. */
  readonly look: (side: Side, kind: string) => Promise<readonly Doc[]>;
}

const LONGEST_QUARREL = 50;
// Between two looks at the whole list so many records are picked from it.
const LOOK_AGAIN_AFTER = 20;

/** People for both systems. */
export const createCrowd = (input: {
  readonly crmUrl: string;
  readonly erpUrl: string;
  readonly seed: number;
  readonly works: readonly Work[];
}): Crowd => {
  const tokens = tokensOf(input.seed);
  const desks = new Map<string, Desk>();
  const deskOf = (side: Side, kind: string): Desk => {
    const name = `${side} ${kind}`;
    const desk = desks.get(name) ?? (side === 'crm' ? crmDesk(input.crmUrl, kind) : erpDesk(input.erpUrl, kind));
    desks.set(name, desk);
    return desk;
  };
  const lists = new Map<string, { readonly records: readonly Doc[]; left: number }>();
  const listOf = async (side: Side, kind: string): Promise<readonly Doc[]> => {
    const name = `${side} ${kind}`;
    const known = lists.get(name);
    if (known !== undefined && known.left > 0) {
      known.left -= 1;
      return known.records;
    }
    const records = await deskOf(side, kind).list();
    lists.set(name, { records, left: records.length === 0 ? 0 : LOOK_AGAIN_AFTER });
    return records;
  };
  const pick: Pick = async (side, kind, fits = () => true) => {
    const fit = (await listOf(side, kind)).filter(fits);
    return fit[tokens.luck.below(Math.max(fit.length, 1))];
  };
  const enter: Crowd['enter'] = (side, kind, values) => deskOf(side, kind).create(values, `people-${tokens.word()}`);
  const once = async (work: Work): Promise<boolean> => {
    const { side, kind } = work;
    if ('enter' in work) {
      const values = await work.enter(tokens, pick);
      if (values !== undefined) await enter(side, kind, values);
      return values !== undefined;
    }
    const { fits = () => true } = work;
    const found = await pick(side, kind, fits);
    if (found === undefined) return false;
    const desk = deskOf(side, kind);
    for (let left = LONGEST_QUARREL; left > 0; left -= 1) {
      const record = await desk.read(String(found[side === 'crm' ? 'id' : 'number']));
      // It may be another one since the list was looked at.
      const values = record === undefined || !fits(record) ? undefined : await work.change(tokens, record, pick);
      if (record === undefined || values === undefined) return false;
      if (await desk.write(record, values)) return true;
    }
    throw new Error(`a ${kind} is changed faster than a person can write`);
  };
  return {
    enter,
    pick,
    look: (side, kind) => deskOf(side, kind).list(),
    work: async (times, { pauseMs, signal }) => {
      let done = 0;
      for (let left = times; left > 0 && !signal.aborted; left -= 1) {
        if (await once(weighted(input.works, tokens))) done += 1;
        await pause(pauseMs);
      }
      return done;
    },
  };
};

/** Simulated people: they edit both systems with credentials of their own, each edit with a value nobody used before. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Doc } from './kit/json.ts';
import { crmDesk, type Desk, erpDesk } from './people/desk.ts';
import { CONFLICTS, CRM_EDITS, ERP_EDITS, NEWCOMERS } from './people/edits.ts';
import { tokensOf, weighted } from './people/tokens.ts';

/** One edit that was done. */
export interface Edit {
  readonly side: 'crm' | 'erp';
  readonly id: string;
  readonly field: string;
  readonly values: Doc;
}

/** Which field two people disagree about. */
export type ConflictField = keyof typeof CONFLICTS;

/** How long and how fast to edit. */
export interface Pace {
  /** Wait between two edits, ms. */
  readonly pauseMs?: number;
  /** Stop before the next edit. */
  readonly signal?: AbortSignal;
}

/** People at work. */
export interface People {
  /** Edit so many times, one after another: record, field and value by the seed. */
  readonly edit: (times: number, pace?: Pace) => Promise<readonly Edit[]>;
  /** Two people edit one field of one linked customer, each on their own side, at the same time. */
  readonly conflict: (field?: ConflictField, account?: string) => Promise<{ readonly crm: Edit; readonly erp: Edit }>;
  /** New customers, turn by turn in the CRM and in the ERP. */
  readonly create: (count: number, pace?: Pace) => Promise<readonly Edit[]>;
}

const SIDES = ['crm', 'erp'] as const;
type Side = (typeof SIDES)[number];
const LONGEST_QUARREL = 50;

const INCLUDED: Readonly<Record<Side, (record: Doc) => boolean>> = {
  crm: (record) => record['kind'] === 'Customer' || record['kind'] === 'Distributor',
  erp: (record) => record['grouping'] === 'Z001' || record['grouping'] === 'Z002',
};
const idOf = (side: Side, record: Doc): string => String(record[side === 'crm' ? 'id' : 'number']);

/** People for both systems. The same seed makes the same choices over the same records. */
export const createPeople = (input: {
  readonly crmUrl: string;
  readonly erpUrl: string;
  readonly seed: number;
}): People => {
  const desks: Readonly<Record<Side, Desk>> = { crm: crmDesk(input.crmUrl), erp: erpDesk(input.erpUrl) };
  const kinds = { crm: CRM_EDITS, erp: ERP_EDITS };
  const tokens = tokensOf(input.seed);
  const { luck } = tokens;
  let known: Promise<Readonly<Record<Side, string[]>>> | undefined;
  const customers = (): Promise<Readonly<Record<Side, string[]>>> => {
    const ids = async (side: Side): Promise<string[]> =>
      (await desks[side].list())
        .filter(INCLUDED[side])
        .map((record) => idOf(side, record))
        .sort();
    known ??= Promise.all([ids('crm'), ids('erp')]).then(([crm, erp]) => ({ crm, erp }));
    return known;
  };
  /** Read, write what is made of what was read; read again when somebody was quicker. */
  const change = async (
    side: Side,
    id: string,
    field: string,
    make: (record: Doc) => Doc,
  ): Promise<Edit | undefined> => {
    for (let left = LONGEST_QUARREL; left > 0; left -= 1) {
      const record = await desks[side].read(id);
      if (record === undefined) return undefined;
      const values = make(record);
      if (await desks[side].write(record, values)) return { side, id, field, values };
    }
    throw new Error(`${id} is changed faster than a person can write`);
  };
  const edit: People['edit'] = async (times, pace = {}) => {
    const done: Edit[] = [];
    for (let left = times; left > 0 && pace.signal?.aborted !== true; left -= 1) {
      const side = luck.often(0.5) ? 'crm' : 'erp';
      const kind = weighted(kinds[side], tokens);
      const ids = (await customers())[side];
      const id = ids[luck.below(ids.length)];
      const made =
        id === undefined ? undefined : await change(side, id, kind.field, (record) => kind.values(tokens, record));
      if (made !== undefined) done.push(made);
      if (pace.pauseMs !== undefined) await pause(pace.pauseMs);
    }
    return done;
  };
  const linkedAccount = async (): Promise<Doc> => {
    const linked = (await desks.crm.list()).filter(
      (record) => INCLUDED.crm(record) && typeof record['erp_number'] === 'string' && record['erp_number'] !== '',
    );
    const account = linked[luck.below(linked.length)];
    if (account === undefined) throw new Error('no account shows the number of a partner yet');
    return account;
  };
  const conflict: People['conflict'] = async (field = 'tax id', wanted) => {
    const account = wanted === undefined ? await linkedAccount() : await desks.crm.read(wanted);
    if (account === undefined) throw new Error(`there is no account ${wanted}`);
    const values = CONFLICTS[field](tokens);
    const [crm, erp] = await Promise.all([
      change('crm', String(account['id']), field, () => values.crm),
      change('erp', String(account['erp_number']), field, () => values.erp),
    ]);
    if (crm === undefined || erp === undefined) throw new Error(`${account['id']} or its partner is gone`);
    return { crm, erp };
  };
  const create: People['create'] = async (count, pace = {}) => {
    const done: Edit[] = [];
    for (let nth = 0; nth < count && pace.signal?.aborted !== true; nth += 1) {
      const side = nth % 2 === 0 ? 'crm' : 'erp';
      const values = NEWCOMERS[side](tokens);
      const id = await desks[side].create(values, `people-${tokens.word()}`);
      (await customers())[side].push(id);
      done.push({ side, id, field: '', values });
      if (pace.pauseMs !== undefined) await pause(pace.pauseMs);
    }
    return done;
  };
  return { edit, conflict, create };
};

/**
 * The checker for the CRM and Tryton: no product code, Tryton's own API, the CRM's state and ledger, and the same
 * judgement as for the sandbox's own pair. Tryton keeps no ledger, so what people did there is told by themselves.
 * `node checker.ts --crm-control URL --erp URL [--given FILE] [--expect N] [--json]`; the file holds
 * `{parked, decided?, interruptions?, edits?, deeds?}`.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Case, judge } from '../checker/judge.ts';
import { readSystem } from '../checker/read.ts';
import { agrees, findingLines, verdictLine } from '../checker/verdict.ts';
import type { Finding, Side, SystemView, Verdict } from '../checker/words.ts';
import type { Doc } from '../kit/json.ts';
import { type Signed, signInSoon } from './api.ts';
import { readParties, userNumber } from './customers.ts';
import { lostEdits } from './edits.ts';
import { USERS } from './parts.ts';
import type { Deed, Edit } from './people.ts';
import { type Asked, judgeRetired, type Sorted } from './retired.ts';
import { TRYTON_RULES } from './rules.ts';

/** What is checked, and what is told about it. */
export interface TrytonCheck extends Pick<Case, 'decided' | 'interruptions'> {
  readonly parked: readonly Asked[];
  readonly crmControl: string;
  readonly tryton: Signed;
  /** The integration's user in Tryton. */
  readonly integration?: string;
  /** What people did since the first sync, in order. */
  readonly edits?: readonly Edit[];
  /** What they took out of use, took back, or merged. */
  readonly deeds?: readonly Deed[];
  /** Businesses that there must be, those that are out of use in the end among them. */
  readonly expectCustomers?: number;
}

/** Two parties under one key, or one without a counterpart that the integration made. */
const doubled = (parties: readonly Doc[], accounts: readonly Doc[], maker: number | undefined): readonly Finding[] => {
  const shown = new Set(accounts.map((account) => String(account['erp_number'] ?? '')));
  const first = new Map<string, string>();
  return parties.flatMap((party) => {
    const id = String(party['id']);
    const finding = (reason: string): Finding => ({ kind: 'doubled', erp: id, field: '', values: {}, reason });
    const shared = (party['keys'] as readonly string[]).filter((key) => first.has(key));
    for (const key of party['keys'] as readonly string[]) if (!first.has(key)) first.set(key, id);
    if (shared.length > 0) return [finding('created twice under one key')];
    const ours = party['maker'] === maker && party['customer'] === true;
    return ours && !shown.has(id) ? [finding('created by the integration, and no account shows its number')] : [];
  });
};

const counted = (verdict: Verdict, more: readonly Finding[]): Verdict => {
  const findings = [...verdict.findings, ...more];
  const count = (kind: Finding['kind']): number => more.filter((finding) => finding.kind === kind).length;
  return {
    ...verdict,
    lost: verdict.lost + count('lost'),
    doubled: verdict.doubled + count('doubled'),
    unexplained: verdict.unexplained + count('unexplained'),
    findings,
  };
};

const numbers = (expected: number | undefined, { customers }: Verdict): readonly Finding[] =>
  expected === undefined || expected === customers
    ? []
    : [
        {
          kind: expected > customers ? 'lost' : 'doubled',
          field: '',
          values: { expected: String(expected), counted: String(customers) },
          reason: 'another number of customers than there must be',
        },
      ];

/** What was read of both systems. */
export interface Read {
  readonly crm: SystemView;
  readonly parties: readonly Doc[];
  /** The number of the integration's user in Tryton. */
  readonly maker: number | undefined;
}

/** What is judged as two systems in agreement: all but the customers that people took out of use. */
const without = (
  out: Sorted['out'],
  { crm, parties, parked }: Pick<Read, 'crm' | 'parties'> & { readonly parked: readonly Asked[] },
) => {
  const gone = new Set(out.map(({ party }) => party));
  const aside = new Set(out.flatMap(({ account }) => account ?? []));
  return {
    crm: {
      ...crm,
      state: crm.state.filter(({ id }) => !aside.has(String(id))),
      commits: (crm.commits ?? []).filter(({ id }) => !aside.has(id)),
    },
    parties: parties.filter(({ id }) => !gone.has(String(id))),
    parked: parked.filter((item) => !aside.has(item.crm ?? '') && !gone.has(item.erp ?? '')),
  };
};

/** Judge what was read. */
export const judgeTryton = (
  { crm, parties, maker }: Read,
  {
    parked,
    decided = [],
    interruptions = [],
    edits = [],
    deeds = [],
    expectCustomers,
  }: Omit<TrytonCheck, 'crmControl' | 'tryton'>,
): Verdict => {
  const sorted = judgeRetired({
    ...{ accounts: crm.state, parties, maker, deeds, edits, parked },
  });
  const rest = without(sorted.out, { crm, parties, parked });
  const judged = judge({
    ...{ parked: rest.parked, decided, interruptions, crm: rest.crm, erp: { state: rest.parties } },
    rules: TRYTON_RULES,
  });
  const verdict = {
    ...judged,
    customers: judged.customers + sorted.out.length,
    parked: judged.parked + sorted.out.filter(({ account }) => account !== undefined).length,
  };
  const excused = (ids: Readonly<Record<Side, string>>, field: string): boolean =>
    [...parked, ...decided].some(
      (item) => (item.crm === ids.crm || item.erp === ids.erp) && (item.field === field || item.field === ''),
    );
  const byId = new Map(rest.parties.map((party) => [String(party['id']), party]));
  return counted(verdict, [
    ...sorted.findings,
    ...doubled(rest.parties, crm.state, maker),
    ...lostEdits(edits, rest.crm, byId, excused, interruptions),
    ...numbers(expectCustomers, verdict),
  ]);
};

/** Read both systems and judge them. Nobody may be writing meanwhile. */
export const checkTryton = async ({
  crmControl,
  tryton,
  integration = 'tally',
  ...told
}: TrytonCheck): Promise<Verdict> => {
  const api = await signInSoon(tryton, 30_000);
  const [crm, parties] = await Promise.all([readSystem(crmControl, 'account'), readParties(api)]);
  return judgeTryton({ crm, parties, maker: await userNumber(api, integration) }, told);
};

interface Given {
  readonly parked?: readonly Asked[];
  readonly decided?: Case['decided'];
  readonly interruptions?: Case['interruptions'];
  readonly edits?: readonly Edit[];
  readonly deeds?: readonly Deed[];
}
const string = { type: 'string' } as const;

const main = async (): Promise<number> => {
  const { values } = parseArgs({
    options: {
      'crm-control': string,
      erp: string,
      database: string,
      user: string,
      password: string,
      given: string,
      expect: string,
      json: { type: 'boolean' },
    },
  });
  const crmControl = values['crm-control'] ?? process.env['SANDBOX_CRM_CONTROL_URL'];
  const url = values.erp ?? process.env['SANDBOX_ERP_URL'];
  if (crmControl === undefined || url === undefined) {
    process.stderr.write('Say where both systems are: --crm-control URL --erp URL\n');
    return 2;
  }
  const given = values.given === undefined ? {} : (JSON.parse(readFileSync(values.given, 'utf8')) as Given);
  const { database = 'tryton', user = 'people', password = USERS.people } = values;
  const verdict = await checkTryton({
    crmControl,
    tryton: { url, database, user, password },
    ...given,
    parked: given.parked ?? [],
    ...(values.expect === undefined ? {} : { expectCustomers: Number(values.expect) }),
  } as TrytonCheck);
  const lines = values.json === true ? [JSON.stringify(verdict)] : [verdictLine(verdict), ...findingLines(verdict)];
  process.stdout.write(`${lines.join('\n')}\n`);
  return agrees(verdict) ? 0 : 1;
};

if (import.meta.main) process.exitCode = await main();

/**
 * The checker for the CRM and Tryton: no product code, Tryton's own API, the CRM's state and ledger, and the same
 * judgement as for the sandbox's own pair. Tryton keeps no ledger, so what people did there is told by themselves.
 * `node checker.ts --crm-control URL --erp URL [--given FILE] [--expect N] [--json]`; the file holds
 * `{parked, decided?, interruptions?, edits?}`.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Case, judge } from '../checker/judge.ts';
import { readSystem } from '../checker/read.ts';
import { agrees, findingLines, verdictLine } from '../checker/verdict.ts';
import type { Commit, FieldRule, Finding, ParkedItem, Side, SystemView, Verdict } from '../checker/words.ts';
import type { Doc } from '../kit/json.ts';
import { type Signed, signInSoon } from './api.ts';
import { readParties, userNumber } from './customers.ts';
import { USERS } from './parts.ts';
import type { Edit } from './people.ts';
import { TRYTON_RULES } from './rules.ts';

/** What is checked, and what is told about it. */
export interface TrytonCheck extends Pick<Case, 'parked' | 'decided' | 'interruptions'> {
  readonly crmControl: string;
  readonly tryton: Signed;
  /** The integration's user in Tryton. */
  readonly integration?: string;
  /** What people did since the first sync, in order. */
  readonly edits?: readonly Edit[];
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

/** The last edits of one field of one pair that may stand in the end: the later one, or the one that the field's rule prefers. */
const mayStand = (rule: FieldRule, crm: Edit | undefined, erp: Edit | undefined): readonly Edit[] => {
  if (crm === undefined || erp === undefined) return [crm ?? erp].filter((edit) => edit !== undefined);
  const later = crm.at > erp.at ? crm : erp;
  // Whether the two met, or one had arrived before the other was made, nobody can see from outside.
  return rule.conflict === 'crm' || rule.conflict === 'erp' ? [later, rule.conflict === 'crm' ? crm : erp] : [later];
};

/** When the integration first wrote to an account: edits before that were made to records that were not linked yet. */
const linkedSince = (commits: readonly Commit[]): ReadonlyMap<string, number> => {
  const since = new Map<string, number>();
  for (const { actor, id, at } of commits)
    if (actor === TRYTON_RULES.actor && !since.has(id)) since.set(id, Date.parse(at));
  return since;
};

// How long after a kill the successor may still be finding out what became of a write.
const FINDING_OUT_MS = 60_000;

/**
 * An edit in Tryton of a field that the CRM decides, made before the two sides ever agreed on it, because a kill had taken the first write's answer:
 * the rule then takes the CRM's value, the one that it has had ever since the account was made.
 */
const neverAgreed = (
  rule: FieldRule,
  { side, at }: Edit,
  stands: string | null,
  account: readonly Commit[],
  interruptions: readonly number[],
): boolean =>
  side === 'erp' &&
  rule.conflict === 'crm' &&
  interruptions.some((killed) => at <= killed + FINDING_OUT_MS) &&
  account.every(({ after }) => rule.read(after?.[rule.crm] ?? null, 'crm').value === stands);

/** Edits of people that stand nowhere in the end, though no later one or rule took their place. */
const lostEdits = (
  edits: readonly Edit[],
  { state, commits = [] }: SystemView,
  parties: ReadonlyMap<string, Doc>,
  excused: (ids: Readonly<Record<Side, string>>, field: string) => boolean,
  interruptions: readonly number[],
): readonly Finding[] => {
  const since = linkedSince(commits);
  return state.flatMap((account) => {
    const ids = { crm: String(account['id']), erp: String(account['erp_number'] ?? '') };
    const party = parties.get(ids.erp);
    const from = since.get(ids.crm);
    if (party === undefined || from === undefined) return [];
    return TRYTON_RULES.fields.flatMap((rule): readonly Finding[] => {
      const last = (side: Side): Edit | undefined =>
        edits.findLast(
          ({ side: at, ...edit }) => at === side && edit.id === ids[side] && edit.field === rule.name && edit.at > from,
        );
      const due = mayStand(rule, last('crm'), last('erp')).filter(({ value }) => value !== null);
      const stands = rule.read(party[rule.erp], 'erp').value;
      const wanted = due.map(({ value, side }) => rule.read(value, side).value);
      if (due.length === 0 || wanted.includes(stands) || excused(ids, rule.name)) return [];
      const history = commits.filter(({ id }) => id === ids.crm);
      if (due.every((edit) => neverAgreed(rule, edit, stands, history, interruptions))) return [];
      const values = { edited: wanted[0] ?? null, stands };
      return [{ kind: 'lost', ...ids, field: rule.name, values, reason: 'an edit of people stands nowhere any more' }];
    });
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

/** Judge what was read. */
export const judgeTryton = (
  { crm, parties, maker }: Read,
  { parked, decided = [], interruptions = [], edits = [], expectCustomers }: Omit<TrytonCheck, 'crmControl' | 'tryton'>,
): Verdict => {
  const verdict = judge({ parked, decided, interruptions, crm, erp: { state: parties }, rules: TRYTON_RULES });
  const excused = (ids: Readonly<Record<Side, string>>, field: string): boolean =>
    [...parked, ...decided].some(
      (item) => (item.crm === ids.crm || item.erp === ids.erp) && (item.field === field || item.field === ''),
    );
  const byId = new Map(parties.map((party) => [String(party['id']), party]));
  return counted(verdict, [
    ...doubled(parties, crm.state, maker),
    ...lostEdits(edits, crm, byId, excused, interruptions),
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
  readonly parked?: readonly ParkedItem[];
  readonly decided?: Case['decided'];
  readonly interruptions?: Case['interruptions'];
  readonly edits?: readonly Edit[];
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

/** What must be true of employees and users in the two sandbox systems, written down a second time and independently. */
import { type Doc, isDoc, type Value } from '../kit/json.ts';
import { email, meanings, phone, plain } from './readers.ts';
import type { Commit, FieldRule, Finding, Reader, Rules, SystemView } from './words.ts';

const textAt = (doc: Doc, field: string): string => plain(doc[field], 'erp').value ?? '';

const MAY_COME_IN = meanings({
  crm: { true: 'yes', false: 'no' },
  erp: { active: 'yes', leave: 'yes', terminated: 'no', planned: 'no' },
});
const told = { flow: 'to_crm', drift: 'restore' } as const;
const emptied = { ...told, empty: 'clear' } as const;

const fieldsOf = (manager: Reader): readonly FieldRule[] => [
  { name: 'number', crm: 'employee_number', erp: 'number', ...told, read: plain },
  { name: 'name', crm: 'name', erp: 'full_name', ...told, read: plain, required: ['crm'] },
  { name: 'email', crm: 'email', erp: 'email', ...told, read: email },
  { name: 'login', crm: 'login', erp: 'email', flow: 'to_crm', createOnly: true, read: email },
  { name: 'phone', crm: 'phone', erp: 'phone', flow: 'both', conflict: 'crm', read: phone, maxErp: 30 },
  { name: 'job title', crm: 'title', erp: 'job_title', ...emptied, read: plain },
  { name: 'department', crm: 'department', erp: 'department', ...told, read: plain },
  { name: 'location', crm: 'location', erp: 'location', ...told, read: plain },
  { name: 'position', crm: 'position', erp: 'position', ...emptied, read: plain },
  { name: 'territory', crm: 'territory', erp: 'territory', ...emptied, read: plain },
  { name: 'sales code', crm: 'sales_code', erp: 'sales_rep_code', ...told, read: plain },
  { name: 'manager', crm: 'manager_id', erp: 'manager', ...emptied, read: manager },
  { name: 'access', crm: 'active', erp: 'status', ...told, read: MAY_COME_IN, required: ['crm'] },
  { name: 'valid from', crm: 'valid_from', erp: 'valid_from', ...told, read: plain },
];

/** Does a chain of superiors lead back to where it began? Who is above whom, as one or both sides tell it. */
const standsAbove = (above: ReadonlyMap<string, ReadonlySet<string>>, whom: string): boolean => {
  const seen = new Set<string>();
  const open = [...(above.get(whom) ?? [])];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (at === whom) return true;
    if (seen.has(at)) continue;
    seen.add(at);
    open.push(...(above.get(at) ?? []));
  }
  return false;
};

/** Who is above whom, by the numbers of personnel. */
const superiors = (users: readonly Doc[], employees: readonly Doc[], manager: Reader) => {
  const above = new Map<string, Set<string>>();
  const enter = (who: string, whom: string | null): void => {
    if (who !== '' && whom !== null) above.set(who, (above.get(who) ?? new Set()).add(whom));
  };
  for (const user of users) enter(textAt(user, 'employee_number'), manager(user['manager_id'], 'crm').value);
  for (const employee of employees) enter(textAt(employee, 'number'), manager(employee['manager'], 'erp').value);
  return above;
};

/** Users who, over others, are their own superiors: nobody but the integration says in the CRM who is above whom. */
export const ownSuperiors = (users: SystemView, manager: Reader): readonly Finding[] => {
  const above = superiors(users.state, [], manager);
  return users.state
    .filter((user) => standsAbove(above, textAt(user, 'employee_number')))
    .map((user) => {
      const id = textAt(user, 'id');
      return {
        kind: 'unexplained',
        crm: id,
        field: 'manager',
        values: {},
        reason: 'is, over others, above themselves',
      };
    });
};

/** The rules of employees whose superiors are read so. */
export const staffRules = (
  manager: Reader,
  {
    users,
    employees,
    ahead,
  }: { readonly users: SystemView; readonly employees: SystemView; readonly ahead: ReadonlySet<string> },
): Rules => ({
  grounds: {
    NOT_YET_EFFECTIVE: (_crm, erp) => ahead.has(textAt(erp ?? {}, 'number')),
    REFERENCE_LOOP: (crm, erp) => {
      const number = textAt(erp ?? {}, 'number') || textAt(crm ?? {}, 'employee_number');
      return standsAbove(superiors(users.state, employees.state, manager), number);
    },
  },
  actor: 'tally',
  fields: fieldsOf(manager),
  matchOn: [['email'], ['number']],
  claim: 'employee_number',
  skewMs: 2000,
  sides: {
    crm: {
      ...{ record: 'user', id: 'id', stamp: 'modified_at', reference: 'external_id' },
      ignored: ['id', 'created_at', 'modified_at', 'etag', 'sync_state', 'sync_message'],
    },
    erp: {
      ...{ record: 'employee', id: 'number', stamp: 'changed_at', reference: 'reference' },
      ignored: ['number', 'row_version', 'changed_at'],
    },
  },
});

/** What personnel says of somebody on a day: nothing yet where it holds from a later one only. */
const onDay = (doc: Doc, today: string): Doc | undefined => {
  if (textAt(doc, 'valid_from') > today || textAt(doc, 'start_date') > today) return undefined;
  const end = textAt(doc, 'end_date');
  const full = `${textAt(doc, 'first_name')} ${textAt(doc, 'last_name')}`.trim();
  return { ...doc, full_name: full, ...(end !== '' && end < today ? { status: 'terminated' } : {}) };
};

/** The employees as they count on a day: what is entered ahead is left out, and whoever has gone is gone. */
export const asOf = ({ state, commits = [], ...rest }: SystemView, today: string): SystemView => {
  const held = new Map<string, Doc>();
  const counted = commits.flatMap((commit): readonly Commit[] => {
    if (commit.after === null) return [commit];
    const after = onDay(commit.after, today);
    const before = held.get(commit.id);
    if (after !== undefined) {
      held.set(commit.id, after);
      return [{ ...commit, after, op: before === undefined ? 'create' : commit.op }];
    }
    if (before === undefined) return [];
    // Of an entry that waits only what flows back and the record's own account of itself count now.
    const { phone: mended = null, row_version = null, changed_at = null } = commit.after;
    const waiting: Doc = { ...before, phone: mended, row_version, changed_at };
    held.set(commit.id, waiting);
    return [{ ...commit, after: waiting }];
  });
  const now = state.flatMap((doc): readonly Doc[] => {
    const counts = onDay(doc, today) ?? held.get(String(doc['number']));
    return counts === undefined ? [] : [counts];
  });
  return { ...rest, state: now, commits: counted };
};

/** Those of whom something is entered ahead: what held before stands nowhere any more, and nobody can put it back. */
export const waiting = ({ state }: SystemView, today: string): ReadonlySet<string> =>
  new Set(state.filter((doc) => onDay(doc, today) === undefined).map((doc) => textAt(doc, 'number')));

/** All that records are and were. */
const everOf = ({ state, commits = [] }: SystemView): readonly Doc[] => [
  ...state,
  ...commits.flatMap(({ after }) => (after === null ? [] : [after])),
];

/** Users who are somebody here: one of a partner or of a machine, whom no employee was ever like, is nobody's affair. */
export const ours = (users: SystemView, employees: SystemView): SystemView => {
  const docs = everOf(employees);
  const known = new Set(docs.flatMap((doc) => [email(doc['email'], 'erp').value, plain(doc['number'], 'erp').value]));
  known.delete(null);
  const own = new Set<string>();
  const claims = (doc: Doc): boolean =>
    known.has(email(doc['email'], 'crm').value) || known.has(plain(doc['employee_number'], 'crm').value);
  for (const { id, after, actor, op } of users.commits ?? [])
    if ((op === 'create' && actor === 'tally') || (after !== null && claims(after))) own.add(id);
  const kept = users.state.filter((doc) => claims(doc) || own.has(String(doc['id'])));
  const ids = new Set([...own, ...kept.map((doc) => String(doc['id']))]);
  return { ...users, state: kept, commits: (users.commits ?? []).filter(({ id }) => ids.has(id)) };
};

// Whoever comes and goes again within this time may have done so while the integration was down, or read everything for the first time.
const UNHEARD_MS = 120_000;

/** Employees who must be users: whoever had gone when the ERP first spoke of them, or soon after, and never was a user, need be none. */
export const wanted = (employees: SystemView, users: SystemView): SystemView => {
  const docs = everOf(users);
  const mails = new Set(docs.map((doc) => email(doc['email'], 'crm').value));
  const numbers = new Set(docs.map((doc) => plain(doc['employee_number'], 'crm').value));
  const here = new Set<string>();
  const since = new Map<string, number>();
  for (const { id, at, after } of employees.commits ?? []) {
    const first = since.get(id) ?? Date.parse(at);
    since.set(id, first);
    const soon = Date.parse(at) - first <= UNHEARD_MS;
    if (after !== null && after['status'] === 'terminated' && soon) here.delete(id);
    else if (after === null || after['status'] !== 'terminated') here.add(id);
  }
  const state = employees.state.filter((doc) => {
    const number = textAt(doc, 'number');
    return here.has(number) || numbers.has(number) || mails.has(email(doc['email'], 'erp').value);
  });
  const ids = new Set([...state.map((doc) => textAt(doc, 'number')), ...here]);
  return { ...employees, state, commits: (employees.commits ?? []).filter(({ id }) => ids.has(id)) };
};

/** What never leaves the ERP, whoever asks. */
const PRIVATE = ['birth_date', 'national_id', 'salary', 'home_address'] as const;
const leaves = (value: Value): readonly string[] =>
  Array.isArray(value)
    ? value.flatMap(leaves)
    : isDoc(value)
      ? Object.values(value).flatMap(leaves)
      : [plain(value, 'crm').value ?? ''];
const holds = (text: string, secret: string): boolean =>
  text.split(secret).some((before, at, parts) => {
    const after = parts[at + 1];
    return after !== undefined && !/[\p{L}\p{N}]$/u.test(before) && !/^[\p{L}\p{N}]/u.test(after);
  });

/** What stands, or ever stood, in the CRM and is private: pay and birth at whom they are of, the rest at anybody. */
export const laidOpen = (users: SystemView, employees: SystemView): readonly Finding[] => {
  const ever = everOf(employees);
  const shown = [
    ...users.state.map((doc) => [String(doc['id']), doc] as const),
    ...(users.commits ?? []).flatMap(({ id, after }) => (after === null ? [] : [[id, after] as const])),
  ];
  const everybody = new Map<string, string>();
  const own = new Map<string, Map<string, string>>();
  for (const doc of ever)
    for (const field of PRIVATE) {
      const secret = textAt(doc, field);
      if (secret === '') continue;
      if (field === 'national_id' || field === 'home_address') everybody.set(secret, field);
      const number = textAt(doc, 'number');
      own.set(number, (own.get(number) ?? new Map<string, string>()).set(secret, field));
    }
  const found = new Map<string, Finding>();
  for (const [id, doc] of shown) {
    const text = leaves(doc).join('\n');
    const secrets = new Map([...everybody, ...(own.get(plain(doc['employee_number'], 'crm').value ?? '') ?? [])]);
    for (const [secret, field] of secrets)
      if (holds(text, secret))
        // What is private stays so in a finding, too.
        found.set(`${id} ${field}`, {
          kind: 'unexplained',
          crm: id,
          field,
          values: {},
          reason: 'private, and in the CRM',
        });
  }
  return [...found.values()];
};

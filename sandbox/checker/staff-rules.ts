/** What must be true of employees and users in the two sandbox systems, written down a second time and independently. */
import { type Doc, isDoc, type Value } from '../kit/json.ts';
import { email, meanings, phone, plain } from './readers.ts';
import type { Commit, FieldRule, Finding, Reader, Rules, SystemView } from './words.ts';

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

/** The rules of employees whose superiors are read so. */
export const staffRules = (manager: Reader): Rules => ({
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

const textAt = (doc: Doc, field: string): string => plain(doc[field], 'erp').value ?? '';

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

/** Employees who must be users: whoever had gone when the ERP first spoke of them, and never was a user, need be none. */
export const wanted = (employees: SystemView, users: SystemView): SystemView => {
  const docs = everOf(users);
  const mails = new Set(docs.map((doc) => email(doc['email'], 'crm').value));
  const numbers = new Set(docs.map((doc) => plain(doc['employee_number'], 'crm').value));
  const here = new Set(
    (employees.commits ?? []).filter(({ after }) => after?.['status'] !== 'terminated').map(({ id }) => id),
  );
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

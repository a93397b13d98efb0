import { expect, test } from 'vitest';
import { type Change, changesBetween, revisionsNotRaised } from '../../src/config/changes.ts';
import { compileRevision } from '../../src/config/compiled.ts';

const MAIN = `
connections:
  crm: { connector: sandbox-crm, url: https://crm.example.com, settings: { client_id: tally, client_secret: env:A } }
  erp: { connector: sandbox-erp, url: https://erp.example.com, poll_ms: 500 }
mappings: [thing]
`;
const THING = `
mapping: thing
revision: 3
summary: One thing.
contacts: { business: a@example.com, technical: b@example.com }
between: { crm: { connection: crm, record: Account }, erp: { connection: erp, record: Partner } }
identity: { match_on: [[name]], on_many: park, on_none: { to_erp: create, to_crm: create }, on_delete: { to_erp: report, to_crm: report } }
fields:
  name: { crm: name, erp: title, flow: crm <-> erp, conflict: crm wins, as: text }
  terms: { crm: terms, erp: terms, flow: crm -> erp, lookup: terms }
`;
const TERMS = `
lookup: terms
revision: 1
summary: Terms.
rows: [{ crm: Net 14, erp: Z14 }, { crm: Net 30, erp: Z30 }]
unmatched: { to_erp: park, to_crm: park }
`;
const FILES = {
  'tallystick.yaml': MAIN,
  'mappings/thing.yaml': THING,
  'mappings/lookups/terms.yaml': TERMS,
  'connectors/sandbox-crm/connector.yaml': 'engine: rest',
  'connectors/sandbox-erp/connector.yaml': 'engine: rest',
};
type Files = Readonly<Record<string, string>>;
const compared = (files: Files) => ({
  files,
  mappings: compileRevision({ number: 0, author: '', files }).mappings,
});
const NOTHING = { files: {}, mappings: new Map() };
const changed = (path: keyof typeof FILES, from: string, to: string): readonly Change[] => {
  expect(FILES[path]).toContain(from);
  return changesBetween(compared(FILES), compared({ ...FILES, [path]: FILES[path].replace(from, to) }));
};

test('the first configuration adds all it names', () => {
  const all = changesBetween(NOTHING, compared(FILES));
  expect(all.map(({ what, name, change }) => `${what} ${name} ${change}`)).toEqual([
    'connection crm added',
    'connection erp added',
    'connector sandbox-crm added',
    'connector sandbox-erp added',
    'mapping thing added',
    'lookup terms added',
  ]);
  expect(all.find(({ what }) => what === 'mapping')?.details).toEqual([
    'both sides are read from end to end before anything is written',
  ]);
});

const PROJECT = 'entity: project\nsummary: Work.\nfields:\n  name: { type: text, summary: Its name. }\n';

test('an entity of one’s own is told with its fields', () => {
  const before = compared({ ...FILES, 'entities/project.yaml': PROJECT });
  expect(changesBetween(compared(FILES), before)).toEqual([
    { what: 'entity', name: 'project', change: 'added', details: [] },
  ]);
  const after = PROJECT.replace('Work.', 'Our work.').replace('type: text', 'type: code');
  expect(changesBetween(before, compared({ ...FILES, 'entities/project.yaml': after }))).toEqual([
    { what: 'entity', name: 'project', change: 'changed', details: ['field name changed', 'summary changed'] },
  ]);
});

test('a mapping whose fields take another type from its entity says so by its revision', () => {
  const files = {
    ...FILES,
    'entities/project.yaml': `${PROJECT}  note: { type: text, summary: A note. }\n`,
    'mappings/thing.yaml': THING.replace('revision: 3', 'entity: project\nrevision: 3').replace(', as: text', ''),
  };
  const other = (from: string, to: string) =>
    compared({ ...files, 'entities/project.yaml': files['entities/project.yaml'].replace(from, to) });
  const released = compared(files);
  const raised = (after: ReturnType<typeof compared>) =>
    revisionsNotRaised(released.mappings, after.mappings).map(({ rule, line }) => [rule, line]);
  expect(raised(other('type: text, summary: Its', 'type: email, summary: Its'))).toEqual([['revision-not-raised', 4]]);
  expect(raised(other('type: text, summary: Its', 'max: 40, type: text, summary: Its'))).toEqual([
    ['revision-not-raised', 4],
  ]);
  // What none of its fields has is nothing to it.
  expect(raised(other('type: text, summary: A', 'type: email, summary: A'))).toEqual([]);
});

test('an entity that is wrong is a reason to refuse the configuration', () => {
  const files = { ...FILES, 'entities/project.yaml': PROJECT.replace('text', 'txet') };
  expect(() => compared(files)).toThrow(/entities\/project\.yaml:4:17 bad-value name, type/);
});

test('the same configuration, and one with other comments, changes nothing', () => {
  expect(changesBetween(compared(FILES), compared(FILES))).toEqual([]);
  expect(changed('mappings/thing.yaml', 'summary', '# a comment\nsummary')).toEqual([]);
});

test('a changed connection names its options, and of its settings the names alone', () => {
  expect(changed('tallystick.yaml', 'poll_ms: 500', 'poll_ms: 900, call_ms: 1000')).toEqual([
    { what: 'connection', name: 'erp', change: 'changed', details: ['call_ms empty → 1000', 'poll_ms 500 → 900'] },
  ]);
  const secret = changed('tallystick.yaml', 'client_secret: env:A', 'client_secret: hunter2');
  expect(secret).toMatchObject([{ details: ['settings.client_secret is another'] }]);
  expect(JSON.stringify(secret)).not.toContain('hunter2');
});

test('a changed mapping names its fields and what becomes of live records', () => {
  expect(changed('mappings/thing.yaml', 'crm: name, erp: title', 'crm: name, erp: label')).toEqual([
    {
      what: 'mapping',
      name: 'thing',
      change: 'changed',
      details: [
        'revision 3 → 3',
        'field name changed',
        'its identity rules are others: nothing is linked or created until all keys are made anew',
        'erp/Partner is read again from end to end',
      ],
    },
  ]);
  expect(changed('mappings/thing.yaml', 'crm: terms, erp: terms', 'crm: terms, erp: days')[0]?.details).toEqual([
    'revision 3 → 3',
    'field terms changed',
    'erp/Partner is read again from end to end',
  ]);
  expect(changed('mappings/thing.yaml', 'record: Partner', 'record: Company')[0]?.details).toContain(
    'it stands between other records: both sides are read from end to end first',
  );
});

test('a mapping that is no longer named is removed, and its records are left alone', () => {
  const other = THING.replaceAll('thing', 'other');
  const files = { ...FILES, 'tallystick.yaml': MAIN.replace('[thing]', '[other]'), 'mappings/other.yaml': other };
  expect(changesBetween(compared(FILES), compared(files))).toMatchObject([
    { what: 'mapping', name: 'other', change: 'added' },
    {
      what: 'mapping',
      name: 'thing',
      change: 'removed',
      details: ['its records are left as they are; nothing of it is synced'],
    },
  ]);
});

test('a changed lookup counts its rows', () => {
  const rows = '{ crm: Net 30, erp: Z30 }';
  expect(
    changed('mappings/lookups/terms.yaml', rows, '{ crm: Net 30, erp: Z3 }, { crm: Net 60, erp: Z60 }'),
  ).toMatchObject([{ what: 'lookup', name: 'terms', details: ['2 rows added', '1 row removed'] }]);
});

test('a connector is compared by its files', () => {
  expect(changed('connectors/sandbox-crm/connector.yaml', 'rest', 'jsonrpc')).toEqual([
    { what: 'connector', name: 'sandbox-crm', change: 'changed', details: ['connector.yaml'] },
  ]);
});

test('names that every object has are names like others', () => {
  const odd = (value: string): Files => ({
    ...FILES,
    'tallystick.yaml': MAIN.replace('client_id: tally', `constructor: ${value}`),
  });
  expect(changesBetween(compared(FILES), compared(odd('x')))).toMatchObject([
    { details: ['settings.client_id is another', 'settings.constructor is another'] },
  ]);
});

test('a mapping that differs says so by its revision', () => {
  const { mappings } = compared(FILES);
  const now = (revision: number) =>
    compared({
      ...FILES,
      'mappings/thing.yaml': THING.replace('revision: 3', `revision: ${revision}`).replace('crm wins', 'erp wins'),
    }).mappings;
  expect(revisionsNotRaised(mappings, now(3))).toMatchObject([
    { file: 'mappings/thing.yaml', line: 3, rule: 'revision-not-raised', remedy: 'Say `revision: 4`.' },
  ]);
  expect(revisionsNotRaised(mappings, now(4))).toEqual([]);
});

/** A connector.yaml for a system with a WSDL, from that WSDL. It shows shapes and no values: what is taken from a name is said. */
import { posix } from 'node:path';
import { SyncError } from '../../src/domain/errors.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import type { FieldDescription } from '../sdk/seam.ts';
import { createResolver, fingerprint, readBundle, readManifest } from '../soap/bundle.ts';
import { fieldsOf } from '../soap/describe.ts';
import type { SoapRecordType } from '../soap/schema.ts';
import type { ComplexType, Field, Type } from '../soap/types.ts';
import { type Contract, type Operation, portsIn, readContract } from '../soap/wsdl.ts';
import type { Draft } from './draft.ts';
import { type AuthAnswer, authOf } from './rest.ts';
import { fieldsIn, plain, WORDS } from './soap-names.ts';
import { proposalFor } from './soap-proposal.ts';

/** What a person knows of the system. */
export interface SoapAnswers {
  readonly system: string;
  readonly record: string;
  readonly auth: AuthAnswer;
  /** Below the address. */
  readonly endpoint: string;
  /** Operation that lists records, with what its message holds; guessed by its name where it is not said. */
  readonly list: { readonly operation: string; readonly message: Readonly<Record<string, string>> } | undefined;
  readonly places: Readonly<Partial<Record<'rows' | 'id' | 'version' | 'changed' | 'reference', string>>>;
  /** The stored WSDL and its parts, by their path in the connector’s folder; the WSDL itself first. */
  readonly files: Readonly<Record<string, string>>;
  /** One of its ports, where it has several. */
  readonly port?: string;
  /** Where the system itself gives it, below the address. */
  readonly from: string | undefined;
}

const refuse = (why: string): SyncError => new SyncError('BAD_REQUEST', why);

/** The contract of the port that was named, else of the first with SOAP 1.1: most WSDLs offer the same operations twice, by two versions. */
const contractOf = async ({ files, port: wanted }: SoapAnswers, entry: string) => {
  const fail = (problem: string): SyncError => refuse(`--wsdl: ${problem}`);
  const read = async (path: string): Promise<string | undefined> => files[path];
  const stored = await readBundle(entry, read, fail);
  const folder = posix.dirname(entry);
  const resolve = createResolver(folder, await readManifest(folder, read, fail));
  const ports = portsIn(stored, fail);
  const named = ports.find(({ port }) => port === wanted);
  if (wanted !== undefined && named === undefined)
    throw refuse(`--port: the WSDL has no port "${wanted}"; it has ${ports.map(({ port }) => port).join(', ')}`);
  const one = named ?? ports.find(({ version }) => version === '1.1') ?? ports[0];
  const choice = one === undefined || ports.length === 1 ? {} : { service: one.service, port: one.port };
  const contract: Contract = readContract(stored, resolve, choice, fail);
  const why =
    wanted === undefined ? `the first of ${ports.length} with SOAP ${one?.version}; another one: --port` : 'as you say';
  const understood = ports.length === 1 ? [] : [{ what: 'port', path: one?.port, why }];
  return { contract, choice, understood, sha256: fingerprint(stored.map(({ root }) => root)) };
};

const DEEPEST = 4;

/** The type of the records in a reply, at the place of its list. */
const rowType = (type: Type | undefined, rows: string): ComplexType | undefined => {
  const found = rows.split('.').reduce<Type | undefined>(
    (above, name) =>
      fieldsIn(above)
        .find((field) => field.name === name)
        ?.type(),
    type,
  );
  return found?.kind === 'complex' ? found : undefined;
};

/** Where the first list of records stands in a reply. */
const rowsIn = (type: Type | undefined, above: readonly string[] = []): string | undefined => {
  if (type?.kind !== 'complex' || above.length > DEEPEST) return undefined;
  const many = type.fields.find((field) => field.many && field.type().kind === 'complex');
  if (many !== undefined) return [...above, many.name].join('.');
  for (const field of type.fields) {
    const found = rowsIn(field.type(), [...above, field.name]);
    if (found !== undefined) return found;
  }
  return undefined;
};

const LISTS = /list|all|search|find|query|get.*s$/i;

const listing = (
  { port }: Contract,
  { list }: SoapAnswers,
): { readonly operation: Operation; readonly why: string } => {
  const all = [...port.operations.values()];
  if (list !== undefined) {
    const operation = port.operations.get(list.operation);
    if (operation !== undefined) return { operation, why: 'as you say' };
    throw refuse(
      `--list: the WSDL has no operation "${list.operation}"; it has ${all.map(({ name }) => name).join(', ')}`,
    );
  }
  const operation = all.find(({ name, output }) => LISTS.test(name) && rowsIn(output?.type()) !== undefined);
  if (operation !== undefined) return { operation, why: 'its name, and a list in its reply' };
  throw refuse(
    `no operation of the WSDL looks like a list; say one with --list: ${all.map(({ name }) => name).join(', ')}`,
  );
};

const SIZES = ['limit', 'pagesize', 'maxrows', 'count', 'top', 'rows', 'size'];
const TOKENS = [
  'after',
  'cursor',
  'token',
  'pagetoken',
  'bookmark',
  'next',
  'nextcursor',
  'nexttoken',
  'continuationtoken',
];

/** How the list goes on: a token that request and reply both know. */
const pagingOf = ({ input, output }: Operation) => {
  const [sent, got] = [fieldsIn(input?.type()), fieldsIn(output?.type())];
  const named = (fields: readonly Field[], words: readonly string[]) =>
    fields.find(({ name }) => words.includes(plain(name)))?.name;
  const [size, token, next] = [named(sent, SIZES), named(sent, TOKENS), named(got, TOKENS)];
  const message = { ...(size === undefined ? {} : { [size]: '{limit}' }) };
  if (token === undefined || next === undefined)
    return { message, paging: { kind: 'none' }, why: 'no token stands in both request and reply', sure: false };
  return {
    message: { ...message, [token]: '{cursor}' },
    paging: { kind: 'cursor', next },
    why: `"${next}" of the reply is sent as "${token}", by their names`,
    sure: true,
  };
};

const placeOf = (
  what: keyof typeof WORDS,
  fields: readonly FieldDescription[],
  { places, record }: SoapAnswers,
): { readonly path: string | undefined; readonly why: string } => {
  const given = places[what];
  if (given !== undefined) return { path: given === 'none' ? undefined : given, why: 'as you say' };
  const words: readonly string[] =
    what === 'id' ? [...WORDS.id, `${plain(record)}id`, `${plain(record)}number`] : WORDS[what];
  const path = words
    .map((word) => fields.find((field) => plain(field.path) === word)?.path)
    .find((each) => each !== undefined);
  return { path, why: path === undefined ? 'no field is named like one' : 'its name' };
};

/** A first page of one row: nothing fills templates there. */
const asCheck = ({ operation, message }: { readonly operation: string; readonly message: JsonObject }): JsonObject => ({
  operation,
  message: Object.fromEntries(
    Object.entries(message).flatMap(([name, value]) => {
      if (value === '{limit}') return [[name, '1']];
      return String(value).includes('{') ? [] : [[name, value]];
    }),
  ),
});

const checkOf = ({ port }: Contract, list: Parameters<typeof asCheck>[0]): JsonObject => {
  const quiet = [...port.operations.values()].find(
    ({ name, input }) =>
      /ping|version|hello|status/i.test(name) && fieldsIn(input?.type()).every(({ required }) => !required),
  );
  return { request: quiet === undefined ? asCheck(list) : { operation: quiet.name } };
};

/** Makes the file. Reading lists is in force; reading single records and writing are proposed, since names alone speak for them. */
export const draftSoap = async (answers: SoapAnswers): Promise<Draft> => {
  const [entry = ''] = Object.keys(answers.files);
  const { contract, choice, understood, sha256 } = await contractOf(answers, entry);
  const { operation, why } = listing(contract, answers);
  const rows = answers.places.rows ?? rowsIn(operation.output?.type());
  if (rows === undefined)
    throw refuse(`the reply of ${operation.name} has no list of records; say another operation with --list, or --rows`);
  const { message, paging, why: pages, sure } = pagingOf(operation);
  const request = { operation: operation.name, message: { ...message, ...answers.list?.message } };
  const list = { request, rows, paging };
  const fields = fieldsOf(contract, { list } as unknown as SoapRecordType);
  const [id, version, changed, reference] = (['id', 'version', 'changed', 'reference'] as const).map((what) =>
    placeOf(what, fields, answers),
  );
  if (id?.path === undefined)
    throw refuse(
      `no field of a row looks like an id; say it with --id: ${fields
        .map(({ path }) => path)
        .slice(0, 30)
        .join(', ')}`,
    );
  const row = rowType(operation.output?.type(), rows);
  const rest = [...contract.port.operations.values()].filter(({ name }) => name !== operation.name);
  const known = { record: answers.record, id: id.path, version: version?.path, reference: reference?.path };
  const proposal = row === undefined ? { blocks: {}, promises: {} } : proposalFor(rest, { ...known, row });
  const offered = Object.keys(proposal.blocks).length > 0;
  const others = rest.map(({ name }) => name);
  return {
    preset: {
      engine: 'soap',
      system: answers.system,
      wsdl: { file: entry, sha256, ...choice, ...(answers.from === undefined ? {} : { from: answers.from }) },
      endpoint: answers.endpoint,
      ...authOf(answers.auth),
      check: checkOf(contract, request),
      records: {
        [answers.record]: {
          id: id.path,
          ...(version?.path === undefined ? {} : { version: version.path }),
          ...(changed?.path === undefined ? {} : { modified_at: changed.path }),
          ...(reference?.path === undefined ? {} : { reference: reference.path }),
          list,
          capabilities: {
            idempotency: 'none',
            guard: version?.path === undefined ? 'none' : 'detect',
            version_covers_all: false,
            returns_record: false,
            complete: false,
            deletes: 'absence',
          },
        },
      },
    },
    record: answers.record,
    fields,
    ...(offered ? { proposal } : {}),
    understood: [
      ...understood,
      { what: 'list', path: operation.name, why },
      { what: 'rows', path: rows, why: 'the list of records in its reply' },
      ...[id, version, changed, reference].map((guess, at) => ({
        what: ['id', 'version', 'changed', 'our key'][at] ?? '',
        path: guess?.path,
        why: guess?.why ?? '',
      })),
      { what: 'paging', path: paging.kind, why: pages },
    ],
    missing: [
      ...(version?.path === undefined
        ? ['no version: overwrites are unguarded (G3). Say where it stands with --version-at, if there is one.']
        : []),
      ...(sure ? [] : [`paging is not sure (${pages}): see \`paging\` in docs/soap.md, or every list may end early.`]),
      'no change feed: full passes find everything, later. An operation that lists changes stands under `changes`, see docs/soap.md.',
      offered
        ? 'reading of single records and writes are proposed at the end of the file, from names alone: look at each, and take away the marks of what is right.'
        : `no reading of one record and no writes: no other operation has a name and a message that say so. They are ${others.join(', ')}; see \`read\` and \`write\` in docs/soap.md.`,
      'the WSDL’s hash is written as reviewed: look at it once.',
    ],
  };
};

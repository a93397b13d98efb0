/** What a schema cannot say about a preset: names in templates, and parts that only work together. */
import type { Json } from '../../src/domain/json.ts';
import { templateProblem, textsIn } from '../engine/template.ts';
import { webhookProblems } from '../engine/webhook.ts';
import { questionProblems } from './questions.ts';
import type { Listing, Reading, RecordType, RequestShape, RestPreset, Writing } from './schema.ts';
import { isZone } from './time.ts';

type Say = (problem: string) => void;

const textsOf = ({ path, query, headers, body }: RequestShape): readonly string[] => [
  path,
  ...Object.values(query ?? {}),
  ...Object.values(headers ?? {}),
  ...textsIn((body ?? null) as Json),
];

const uses = (shape: RequestShape, name: string): boolean =>
  textsOf(shape).some((text) => new RegExp(`\\{${name}[|}]`).test(text));

const checkTexts = (texts: readonly string[], names: readonly string[], place: string, say: Say): void => {
  for (const text of texts) {
    const problem = templateProblem(text, names);
    if (problem !== undefined) say(`"${place}": ${problem}`);
  }
};

const checkRequest = (shape: RequestShape, names: readonly string[], place: string, say: Say): void => {
  if (!/^\/(?!\/)/.test(shape.path)) say(`"${place}.path": must start with one slash, below the connection’s address`);
  if (shape.body !== undefined && shape.method === 'GET') say(`"${place}.body": a GET has no body; set its method`);
  checkTexts(textsOf(shape), names, place, say);
};

const PLACE_OF: Readonly<Record<Listing['paging']['kind'], string | undefined>> = {
  none: undefined,
  cursor: 'cursor',
  link: undefined,
  page: 'page',
  offset: 'offset',
  keyset: 'after',
};

const checkListing = (listing: Listing, extra: readonly string[], place: string, say: Say): void => {
  const needed = PLACE_OF[listing.paging.kind];
  const names = ['limit', ...(needed === undefined ? [] : [needed]), ...extra];
  checkRequest(listing.request, names, `${place}.request`, say);
  if (needed !== undefined && !uses(listing.request, needed))
    say(`"${place}.request": must send {${needed}}, or every page is the first one`);
};

const checkReading = (
  reading: Reading | undefined,
  name: string,
  extra: readonly string[],
  place: string,
  say: Say,
): void => {
  if (reading === undefined) return;
  const single = reading.max === 1 && reading.results === undefined;
  const asked = single ? name : `${name}s`;
  checkRequest(reading.request, [asked, ...extra], `${place}.request`, say);
  if (!uses(reading.request, asked)) say(`"${place}.request": must send {${asked}}`);
  if (reading.item !== undefined) {
    checkTexts(textsIn(reading.item as Json), [name, ...extra], `${place}.item`, say);
    if (single) say(`"${place}.item": is for many at once; say \`results\`, or leave it out`);
  }
  if (reading.only_id !== undefined && (name !== 'key' || !single || reading.records === undefined))
    say(`"${place}.only_id": is for a search by {key}, with \`records\``);
  if (reading.status !== undefined && reading.found === undefined)
    say(`"${place}.found": is missing; say which values of "${reading.status}" mean found`);
};

const checkWriting = (writing: Writing | undefined, extra: readonly string[], place: string, say: Say): void => {
  if (writing === undefined) return;
  const own = ['id', 'key', 'version', 'data', ...extra];
  if (writing.item === undefined) {
    checkRequest(writing.request, own, `${place}.request`, say);
    return;
  }
  checkRequest(writing.request, ['items', ...extra], `${place}.request`, say);
  checkTexts(textsIn(writing.item as Json), [...own, 'place'], `${place}.item`, say);
  if (!uses(writing.request, 'items')) say(`"${place}.request": must send {items}`);
  if (writing.status === undefined || writing.done === undefined)
    say(`"${place}": a batch needs \`status\` and \`done\`, or a refused item passes for one that went well`);
  if (writing.refused !== undefined && writing.match === undefined)
    say(`"${place}.match": is missing; without it nobody knows which items \`refused\` is not about`);
  if (writing.match !== undefined && !textsIn(writing.item as Json).some((text) => /\{key[|}]/.test(text)))
    say(`"${place}.item": must send {key}, which \`match\` looks for in the reply`);
};

const checkPromises = (type: RecordType, place: string, say: Say): void => {
  const { capabilities: promised, write, read } = type;
  if (promised.guard !== 'none' && type.version === undefined)
    say(`"${place}.version": is missing; guard "${promised.guard}" needs a version`);
  if (promised.deletes === 'in-feed' && (type.deleted === undefined || type.changes === undefined))
    say(`"${place}.deleted": is missing; deletes "in-feed" need a marker and a change feed`);
  if (promised.idempotency === 'searchable' && write.create !== undefined && read.by_key === undefined)
    say(`"${place}.read.by_key": is missing; idempotency "searchable" needs it`);
  if (
    promised.returns_record &&
    [write.create, write.update].some((each) => each?.item !== undefined && each.record === undefined)
  )
    say(`"${place}.write": returns_record needs \`record\`, where the reply has it`);
  if (read.by_key?.only_id !== undefined && (read.by_id === undefined || type.reference === undefined))
    say(`"${place}.read.by_key.only_id": needs \`read.by_id\`, and \`reference\` to tell whose key it is`);
  if (type.changes !== undefined && type.modified_at === undefined)
    say(`"${place}.modified_at": is missing; changes by timestamp need it`);
};

const checkRecord = (type: RecordType, extra: readonly string[], place: string, say: Say): void => {
  if (type.zone.includes('{')) checkTexts([type.zone], extra, `${place}.zone`, say);
  else if (!isZone(type.zone)) say(`"${place}.zone": "${type.zone}" is not a time zone; write one as in Europe/Berlin`);
  if (type.reference?.includes('{')) checkTexts([type.reference], extra, `${place}.reference`, say);
  checkListing(type.list, extra, `${place}.list`, say);
  if (type.changes !== undefined) {
    checkListing(type.changes, ['since', ...extra], `${place}.changes`, say);
    if (!uses(type.changes.request, 'since')) say(`"${place}.changes.request": must send {since}`);
  }
  checkReading(type.read.by_id, 'id', extra, `${place}.read.by_id`, say);
  checkReading(type.read.by_key, 'key', extra, `${place}.read.by_key`, say);
  for (const op of ['create', 'update', 'delete'] as const)
    checkWriting(type.write[op], extra, `${place}.write.${op}`, say);
  if (type.describe !== undefined) checkRequest(type.describe.request, extra, `${place}.describe.request`, say);
  checkPromises(type, place, say);
};

const authTexts = (preset: RestPreset): readonly string[] =>
  Object.entries(preset.auth).flatMap(([name, value]) => (name === 'kind' || typeof value !== 'string' ? [] : [value]));

/** What is wrong with the check and the record types. `settings` are the names that every template may use. */
export const recordProblems = (
  { check, records }: Pick<RestPreset, 'check' | 'records'>,
  settings: readonly string[],
): readonly string[] => {
  const problems: string[] = [];
  const say: Say = (problem) => problems.push(problem);
  checkRequest(check.request, settings, 'check.request', say);
  for (const [name, type] of Object.entries(records)) checkRecord(type, settings, `records.${name}`, say);
  return problems;
};

/** Everything wrong with a preset that its schema accepts, each with its place and what to do. */
export const presetProblems = (preset: RestPreset): readonly string[] => {
  const problems: string[] = [];
  const say: Say = (problem) => problems.push(problem);
  const settings = Object.keys(preset.settings).map((name) => `settings.${name}`);
  checkTexts(authTexts(preset), settings, 'auth', say);
  checkTexts(Object.values(preset.headers ?? {}), settings, 'headers', say);
  return [
    ...problems,
    ...webhookProblems(preset, settings),
    ...recordProblems(preset, settings),
    ...questionProblems(preset.questions, Object.keys(preset.records), settings),
  ];
};

/**
 * What harmless questions show of a system: for a record that is not there, and for what changed since two days that leave no
 * doubt. All are reading requests; the replies are looked at and not kept.
 */
import { isObject, type Json, type JsonObject } from '../../src/domain/json.ts';
import { pathTemplate, queryTemplate, type Values } from '../engine/template.ts';
import { compilePath, isWebPage } from '../rest/request.ts';
import { instantOf, writtenTime } from '../rest/time.ts';
import { formatOf } from './fields.ts';
import { at, guessChanged, guessId, guessRows, last, leavesOf } from './guess.ts';
import { firstAfter } from './paging.ts';
import type { RestAnswers, Sample, Way } from './rest.ts';
import type { Asker } from './sample.ts';

/** What was learned by asking. */
export interface Probed {
  /** Where a refusal has what, for the preset, and in words. */
  readonly refusal?: { readonly places: JsonObject; readonly path: string; readonly why: string };
  /** The status that an empty list is answered with, where it is not 200. */
  readonly emptyStatus?: number;
  /** Where one record stands in the reply to a request for it; empty where it is the reply. */
  readonly recordAt?: string;
  readonly warnings: readonly string[];
}

const CODES = ['code', 'errorcode', 'statuscode', 'error', 'errornumber', 'status', 'type', 'title'];
const MESSAGES = ['message', 'errormessage', 'errordescription', 'detail', 'description', 'error', 'title', 'msg'];
const plain = (name: string): string => name.replace(/[^A-Za-z0-9]/g, '').toLowerCase();

/** Where a refusal names its code, and where it says what is wrong. */
export const guessRefusal = (body: Json): JsonObject => {
  const top = Array.isArray(body) ? (body[0] as Json | undefined) : body;
  const leaves = leavesOf(top ?? null).filter(({ value }) => typeof value === 'string' || typeof value === 'number');
  const named = (words: readonly string[], fits: (text: string) => boolean): string | undefined =>
    words
      .flatMap((word) => leaves.filter(({ path, value }) => plain(last(path)) === word && fits(String(value))))
      .map(({ path }) => (Array.isArray(body) ? `0.${path}` : path))
      .at(0);
  const message = named(MESSAGES, (text) => /\s/.test(text));
  // A code is a word; a sentence is none.
  const code = named(CODES, (text) => text !== '' && text.length <= 64 && !/\s/.test(text));
  return { ...(code === undefined ? {} : { code }), ...(message === undefined ? {} : { message }) };
};

const NOBODY = { number: '999999999', uuid: '00000000-0000-4000-8000-000000000000', text: 'tally-no-such-record' };
const nobodyLike = (id: string): string =>
  /^\d+$/.test(id) ? NOBODY.number : /^[0-9a-f]{8}-/i.test(id) ? NOBODY.uuid : NOBODY.text;

const askMissing = async (
  ask: Asker,
  one: Way,
  id: string,
): Promise<Partial<Probed> & { readonly warnings: string[] }> => {
  const reply = await ask({ ...one, path: pathTemplate(one.path)({ id: nobodyLike(id) }) });
  if (isWebPage(reply.text))
    return { warnings: ['a record that is not there is answered with a web page: correct --one'] };
  const places = guessRefusal(reply.body ?? null);
  const [path, why] = [
    Object.values(places).join(', '),
    `the reply for a record that is not there, status ${reply.status}`,
  ];
  const refusal = path === '' || reply.status < 300 ? {} : { refusal: { places, path, why } };
  const odd = reply.status !== 404 && reply.status >= 300;
  return {
    ...refusal,
    warnings: odd
      ? [
          `a record that is not there is answered with status ${reply.status}, not 404: add a rule under \`errors\` with class not-found.`,
        ]
      : [],
  };
};

/** Where the record of this id stands in a reply: the reply itself, a group of it, or the first of a list. */
export const placeOfRecord = (body: Json, idPath: string, id: string): string | undefined => {
  const leaves = leavesOf(body);
  const places = ['', ...leaves.map(({ path, value }) => (Array.isArray(value) ? `${path}.0` : path))];
  return places.find((place) => {
    const found = compilePath(place === '' ? undefined : place)(body);
    return found !== undefined && isObject(found) && String(at(found, idPath) ?? '') === id;
  });
};

const askKnown = async (ask: Asker, one: Way, idPath: string, id: string): Promise<Pick<Probed, 'recordAt'>> => {
  const reply = await ask({ ...one, path: pathTemplate(one.path)({ id }) });
  const place = reply.status === 200 ? placeOfRecord(reply.body ?? null, idPath, id) : undefined;
  return place === undefined ? {} : { recordAt: place };
};

/** A day to come, since when nothing can have changed. */
const FUTURE = Date.parse('2099-01-01T00:00:00Z');
const DAY_MS = 86_400_000;

const filledIn = (query: Way['query'], values: Values): Way['query'] =>
  Object.fromEntries(
    Object.entries(query).flatMap(([name, text]) => {
      const value = queryTemplate(text)(values);
      return value === undefined ? [] : [[name, value]];
    }),
  );

type Reply = Awaited<ReturnType<Asker>>;

/** Asks for what changed since a day to come and since one before every row of the sample: nothing must come, then something. */
const askChanges = async (ask: Asker, answers: RestAnswers, sample: Sample): Promise<Probed> => {
  const { guess, rows } = guessRows(sample.body, answers.places.rows);
  const id = guessId(rows, answers.record, answers.places.id);
  const changed = guessChanged(rows, answers.zone, answers.places.changed);
  if (changed.path === undefined) return { warnings: [] };
  const format = answers.sinceAs ?? formatOf(at(rows[0] ?? {}, changed.path));
  const query = { ...answers.list.query, ...answers.since };
  const timeOf = (row: Json): number => instantOf(at(row, changed.path), answers.zone)?.ms ?? 0;
  const since = (ms: number): Promise<Reply> => {
    const values: Values = {
      since: writtenTime(ms, format, answers.zone),
      after: firstAfter(query, rows, id),
      page: 1,
      offset: 0,
    };
    const headers = answers.sinceHeader === undefined ? {} : { [answers.sinceHeader]: new Date(ms).toUTCString() };
    return ask({ ...answers.list, query: filledIn(query, values), headers });
  };
  const rowsIn = ({ status, body }: Reply): readonly Json[] => {
    const found = status === 200 ? compilePath(guess.path)(body ?? null) : [];
    return Array.isArray(found) ? (found as readonly Json[]) : [];
  };
  const none = await since(FUTURE);
  const some = await since(Math.min(...rows.map(timeOf)) - DAY_MS);
  const empty = [404, 204, 304].includes(none.status) && !isWebPage(none.text);
  const times = rowsIn(some).map(timeOf);
  const byId = Object.values(query).some((text) => text.includes('{after'));
  const said: readonly (false | string)[] = [
    none.status !== 200 &&
      !empty &&
      `asked for what changed since 2099, the system answered with status ${none.status}: correct --since, or --since-as.`,
    rowsIn(none).length > 0 &&
      `asked for what changed since 2099, the system still gave ${rowsIn(none).length} records: it does not heed --since, and every poll would read everything. Correct it, or --since-as.`,
    times.length === 0 &&
      'asked for what changed since a day before every record of the sample, the system gave none: no change would ever be seen. Correct --since, or say --since-as.',
    !byId &&
      times.some((ms, place) => ms < (times[place - 1] ?? ms)) &&
      'the system did not give changes oldest first: changes would be passed over. Add its sorting to --since.',
  ];
  const warnings = said.filter((each) => each !== false);
  return { ...(empty ? { emptyStatus: none.status } : {}), warnings };
};

/** Asks all of it, as far as the person has said how. What cannot be asked is no failure: then it is not known. */
export const probe = async (ask: Asker, answers: RestAnswers, sample: Sample): Promise<Probed> => {
  const { rows } = guessRows(sample.body, answers.places.rows);
  const id = guessId(rows, answers.record, answers.places.id);
  const [first] = rows;
  const known = first === undefined || !isObject(first) ? '' : String(at(first, id.path) ?? '');
  const missing = answers.one === undefined ? { warnings: [] } : await askMissing(ask, answers.one, known);
  const there =
    answers.one === undefined || id.path === undefined ? {} : await askKnown(ask, answers.one, id.path, known);
  const asks = Object.keys(answers.since).length > 0 || answers.sinceHeader !== undefined;
  const changes = asks ? await askChanges(ask, answers, sample) : { warnings: [] };
  return { ...missing, ...there, ...changes, warnings: [...missing.warnings, ...changes.warnings] };
};

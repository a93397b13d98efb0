/**
 * What a system answers about several things at once and keeps no record of: the price of a product for a customer, what
 * can be had by a day. A question's id is a JSON object of its parts, so that it is read, kept and given again like a record.
 */
import { z } from 'zod';
import { isObject, type Json, parseJson } from '../../src/domain/json.ts';
import { assembled } from '../engine/capabilities.ts';
import { unkeepable } from '../engine/keepable.ts';
import { templateProblem, textsIn } from '../engine/template.ts';
import type { Capabilities, ReadAnswer } from '../sdk/seam.ts';
import { createReading, type ReadMany } from './read.ts';
import type { Ask, World } from './request.ts';
import type { Rows } from './rows.ts';
import { Path, RequestShape } from './shapes.ts';

const PartName = z.string().regex(/^[a-z][a-z0-9_]*$/, 'write names of parts in lower case, as in wanted_on');

/** A question of a preset. */
export const Questioning = z
  .strictObject({
    parts: z.array(PartName).min(1).describe('What must be said to ask; each is a template of the request, as text'),
    optional: z.array(PartName).default([]).describe('What may be said; what is not said is left out of the request'),
    request: RequestShape.describe('With {questions} for many at once, else with the parts themselves'),
    max: z.int().positive().default(1).describe('How many questions go in one request; 1: one by one'),
    item: z.json().optional().describe('What one of {questions} looks like, made of the parts'),
    results: Path.optional().describe('Where the answers stand, for many at once, in the order asked'),
    status: Path.optional().describe('Where an answer says whether there is one'),
    found: z.array(z.json()).optional().describe('The values of `status` that mean that there is'),
    record: Path.optional().describe('Where the answer itself stands; without it, it is what was answered'),
  })
  .describe('What the system answers and keeps no record of; views ask it by its parts');
export type Questioning = z.infer<typeof Questioning>;

/** Questions by name. */
export const Questions = z
  .record(z.string().regex(/^[A-Za-z][A-Za-z0-9_]*$/), Questioning)
  .default({})
  .describe('Questions by name, beside the record types');

/** A question can be asked, and that is all. */
export const questionCapabilities = ({ max }: Questioning): Capabilities =>
  assembled(
    {
      idempotency: 'none',
      guard: 'none',
      version_covers_all: false,
      returns_record: false,
      complete: false,
      deletes: 'absence',
    },
    {
      readById: true,
      readByKey: false,
      readBatch: Math.min(max, 1000),
      feed: undefined,
      create: false,
      update: false,
      delete: false,
      writeBatch: 1,
    },
  );

/** Answers have no id of their own: each gets that of its question. */
const rowsOf = (name: string): Rows => ({
  record: (row) => {
    if (!isObject(row)) return `an answer of ${name} is not an object`;
    const record = { id: name, body: row };
    return unkeepable(name, record) ?? record;
  },
  change: () => ({ op: 'upsert', record: { id: name, body: {} } }),
  id: () => undefined,
  instant: () => undefined,
  rawTime: () => undefined,
  hasReference: false,
});

/** The parts in a question's id; undefined for what is no question of this kind. */
const partsIn = (id: string, { parts, optional }: Questioning): Readonly<Record<string, string>> | undefined => {
  let said: Json;
  try {
    said = parseJson(id);
  } catch {
    return undefined;
  }
  if (!isObject(said)) return undefined;
  const known = Object.entries(said).every(
    ([name, value]) => typeof value === 'string' && (parts.includes(name) || optional.includes(name)),
  );
  const whole = parts.every((name) => Object.hasOwn(said, name));
  return known && whole ? (said as Readonly<Record<string, string>>) : undefined;
};

/** Asks one kind of question: ids in, answers under the same ids out. */
export const createQuestion = (name: string, shape: Questioning, world: World, ask: Ask): ReadMany => {
  const { parts: _parts, optional: _optional, ...reading } = shape;
  const read = createReading(name, 'question', { ...reading, null_is: 'broken' }, rowsOf(name), world, ask, (id) => ({
    ...partsIn(id, shape),
  }));
  return async (ids, call) => {
    const sound = ids.filter((id) => partsIn(id, shape) !== undefined);
    const answers = sound.length === 0 ? [] : await read(sound, call);
    const byId = new Map(sound.map((id, i) => [id, answers[i]]));
    return ids.map((id): ReadAnswer => {
      const answer = byId.get(id);
      if (answer === undefined)
        return {
          error: { class: 'permanent', message: `these are not the parts of a question ${name}`, scope: 'item' },
        };
      return 'found' in answer ? { found: answer.found.map((record) => ({ ...record, id })) } : answer;
    });
  };
};

/** What is wrong with a preset's questions, each with its place and what to do. */
export const questionProblems = (
  questions: Readonly<Record<string, Questioning>>,
  records: readonly string[],
  extra: readonly string[],
): readonly string[] =>
  Object.entries(questions).flatMap(([name, { parts, optional, request, item, results, max, status, found }]) => {
    const place = `questions.${name}`;
    const own = [...parts, ...optional];
    const texts = [
      request.path,
      ...Object.values(request.query ?? {}),
      ...Object.values(request.headers ?? {}),
      ...textsIn((request.body ?? null) as Json),
    ];
    const many = max > 1;
    const names = many ? ['questions', ...extra] : [...own, ...extra];
    const spoken = many ? textsIn((item ?? null) as Json) : texts;
    const silent = own.filter((part) => !spoken.some((text) => new RegExp(`\\{${part}[|}]`).test(text)));
    const wrong = [
      ...texts.map((text) => templateProblem(text, names)),
      ...(many ? textsIn((item ?? null) as Json).map((text) => templateProblem(text, [...own, ...extra])) : []),
    ].filter((problem) => problem !== undefined);
    return [
      ...wrong.map((problem) => `"${place}": ${problem}`),
      ...(records.includes(name)
        ? [`"${place}": there is a record type of this name; call one of them otherwise`]
        : []),
      ...(/^\/(?!\/)/.test(request.path)
        ? []
        : [`"${place}.request.path": must start with one slash, below the connection’s address`]),
      ...(request.body !== undefined && request.method === 'GET'
        ? [`"${place}.request.body": a GET has no body; set its method`]
        : []),
      ...silent.map((part) => `"${place}": {${part}} is sent nowhere; send it, or take it out of the parts`),
      ...(many && (item === undefined || results === undefined)
        ? [`"${place}": many at once need \`item\` and \`results\`; without them say \`max: 1\``]
        : []),
      ...(many || (item === undefined && results === undefined)
        ? []
        : [`"${place}": \`item\` and \`results\` are for many at once; raise \`max\``]),
      ...(status !== undefined && found === undefined
        ? [`"${place}.found": is missing; say which values of "${status}" mean that there is an answer`]
        : []),
      ...own
        .filter((part, i) => own.indexOf(part) !== i)
        .map((part) => `"${place}": the part ${part} is named twice; name it once`),
    ];
  });

/** What a preset says that cannot be meant: unknown templates, promises without the means, keys that name nothing. */
import type { Json } from '../../src/domain/json.ts';
import { templateProblem, textsIn } from '../engine/template.ts';
import type { Children, JsonRpcPreset, RecordType } from './schema.ts';
import { isChildren, isMoved } from './shape.ts';

/** Where a template stands, the template, and the values that will be there. */
type Place = readonly [place: string, template: unknown, names: readonly string[]];

const CONTEXT = ['context'];
const SEARCHED: Readonly<Record<keyof RecordType['where'], readonly string[]>> = {
  all: ['after'],
  changed: ['after', 'since'],
  ids: ['ids'],
  keys: ['keys'],
};

const ofRecord = (name: string, { body, search, where, guard, write }: RecordType): readonly Place[] => {
  const at = `records.${name}`;
  const writes = Object.entries({ create: write.create, update: write.update, delete: write.delete });
  return [
    [`${at}.search`, search, ['model', 'domain', 'fields', 'limit', ...CONTEXT]],
    ...Object.entries(where).map(
      ([purpose, domain]): Place => [`${at}.where.${purpose}`, domain, SEARCHED[purpose as keyof typeof SEARCHED]],
    ),
    [`${at}.guard.name`, guard?.name ?? '', ['model', 'id']],
    [`${at}.guard.context`, guard?.context ?? {}, ['stamps']],
    ...writes.flatMap(([op, writing]): readonly Place[] =>
      writing === undefined
        ? []
        : [
            [
              `${at}.write.${op}.params`,
              [writing.method, ...writing.params],
              ['model', 'items', 'id', 'values', ...CONTEXT],
            ],
            [`${at}.write.${op}.item`, writing.item ?? [], ['model', 'id', 'values']],
          ],
    ),
    ...(write.create?.asks ?? []).map(
      ({ method, params, children }, index): Place => [
        `${at}.write.create.asks.${index}`,
        [method, ...params],
        ['model', 'values', ...(children === undefined ? [] : ['child']), ...CONTEXT],
      ],
    ),
    ...Object.entries(body).flatMap(([property, spec]) =>
      (isMoved(spec) ? spec.moves : []).map(
        ({ method, params }, index): Place => [
          `${at}.body.${property}.moves.${index}`,
          [method, ...params],
          ['model', 'id', ...CONTEXT],
        ],
      ),
    ),
  ];
};

const places = ({ session, records, ...preset }: JsonRpcPreset): readonly Place[] => {
  const kept = Object.keys(session?.keep ?? {});
  return [
    ['endpoint', preset.endpoint, ['model', 'method']],
    ['envelope', preset.envelope, ['id', 'model', 'method', 'params', 'params.0', ...kept]],
    ['session.login', session?.login ?? [], []],
    ['session.envelope', session?.envelope ?? [], ['id', 'model', 'method', 'params']],
    ['session.token', session?.token ?? '', kept],
    ['session.headers', session?.headers ?? [], ['token', ...kept]],
    ['session.context', session?.context ?? [], []],
    ['check', preset.check, CONTEXT],
    ['related.ask', preset.related.ask, ['field', 'inner']],
    ['related.answer', preset.related.answer, ['field']],
    ['related.by_id', preset.related.by_id ?? [], ['model', 'by', 'ids', ...CONTEXT]],
    ['commands.create', preset.commands.create, ['values']],
    ['commands.update', preset.commands.update, ['id', 'values']],
    ['commands.delete', preset.commands.delete, ['id']],
    ['commands.link', preset.commands.link, ['id']],
    ['lookup', preset.lookup, ['model', 'by', 'codes', ...CONTEXT]],
    ...Object.entries(records).flatMap(([name, type]) => ofRecord(name, type)),
  ];
};

const ofChildren = (at: string, { key, fields, number_as, drop_when_empty }: Children): readonly string[] =>
  [...key, ...(drop_when_empty === undefined ? [] : [drop_when_empty])]
    .filter((each) => !Object.hasOwn(fields, each) && each !== number_as)
    .map((each) => `"${at}": "${each}" is none of its fields; name one of ${Object.keys(fields).join(', ')}`);

const meansOf = (name: string, type: RecordType): readonly string[] => {
  const { body, key, where, changes, guard, stamp, times, capabilities } = type;
  const at = `records.${name}`;
  const collections = Object.entries(body).flatMap(([each, spec]) => (isChildren(spec) ? [[each, spec] as const] : []));
  const held = key?.children === undefined || collections.some(([, spec]) => spec.children === key.children);
  const wrong: readonly (readonly [boolean, string])[] = [
    [!held, `"${at}.key.children": no collection of the body reads "${key?.children}"; add one`],
    [
      capabilities.idempotency !== 'none' && (key === undefined || where.keys === undefined),
      `"${at}.capabilities.idempotency": needs a key and where.keys; add them or say none`,
    ],
    [
      capabilities.guard === 'version' && (guard === undefined || stamp === undefined),
      `"${at}.capabilities.guard": needs a guard and a stamp; add them or say none`,
    ],
    [
      (changes === undefined) !== (where.changed === undefined) || (changes !== undefined && times.length === 0),
      `"${at}.changes": changes, where.changed and times go together; give all of them or none`,
    ],
  ];
  const asked = (type.write.create?.asks ?? []).flatMap(({ children, parent, compare }, index) =>
    [
      ...(children === undefined || collections.some(([each]) => each === children) ? [] : [`children "${children}"`]),
      ...(parent === undefined || children !== undefined ? [] : ['parent without children']),
      ...Object.keys(compare)
        .filter((each) => children !== undefined || !Object.hasOwn(body, each))
        .map((each) => `compare "${each}"`),
    ].map((what) => `"${at}.write.create.asks.${index}": ${what} names nothing of the body; correct or remove it`),
  );
  return [
    ...asked,
    ...wrong.flatMap(([bad, sentence]) => (bad ? [sentence] : [])),
    ...collections.flatMap(([each, spec]) => ofChildren(`${at}.body.${each}`, spec)),
  ];
};

/** Everything that is wrong, a sentence each with its place and remedy. */
export const presetProblems = (preset: JsonRpcPreset): readonly string[] => {
  const settings = Object.keys(preset.settings).map((name) => `settings.${name}`);
  const templates = places(preset).flatMap(([place, template, names]) =>
    textsIn(template as Json).flatMap((text) => {
      const problem = templateProblem(text, [...names, ...settings]);
      return problem === undefined ? [] : [`"${place}": ${problem}`];
    }),
  );
  return [...templates, ...Object.entries(preset.records).flatMap(([name, type]) => meansOf(name, type))];
};

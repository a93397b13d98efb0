/** What one field may say. */
import { SIDES } from '../domain/record.ts';
import { CODECS } from './codecs.ts';
import { Fault } from './fault.ts';
import { canonicalOf, columnTexts } from './field.ts';
import { checkedAt } from './issues.ts';
import {
  type FieldFileOf,
  flowsTo,
  type LintRule,
  perField,
  problemAt,
  problemAtKey,
  type Subject,
} from './lint-kit.ts';
import { LINK_RULES } from './lint-link.ts';
import { type Problem, suggestion } from './problem.ts';
import { showValue } from './show.ts';

const twoWay = (field: FieldFileOf): boolean => field.flow === 'crm <-> erp';

const directionWords = perField((name, field, { source }) => {
  const problems: Problem[] = [];
  const at = (key: string, rule: string, message: string, remedy: string): void => {
    problems.push(problemAtKey(source, ['fields', name, key], rule, `${name}: ${message}`, remedy));
  };
  if (twoWay(field)) {
    if (field.conflict === undefined)
      at(
        'flow',
        'conflict-missing',
        'flows both ways, so say who wins',
        'Add `conflict:` (crm wins, erp wins, newest wins or park).',
      );
    if (field.drift !== undefined)
      at(
        'drift',
        'drift-on-two-way',
        'flows both ways, so there is no drift',
        'Remove `drift:`; `conflict:` says who wins.',
      );
    if (field.too_long === 'cut')
      at(
        'too_long',
        'cut-on-two-way',
        'what is cut cannot flow back',
        'Remove `too_long: cut`, or let the field flow one way.',
      );
  } else if (field.conflict !== undefined) {
    at(
      'conflict',
      'conflict-on-one-way',
      'flows one way, so there is no conflict',
      'Remove `conflict:`; `drift:` says what happens when the target is edited.',
    );
  }
  if (field.too_long !== undefined && field.max === undefined)
    at('too_long', 'cut-without-max', 'nothing says how long is too long', 'Add `max:`.');
  return problems;
});

const translation = perField((name, field, { source, lookupNames }) => {
  const at = ['fields', name] as const;
  const said = (['as', 'lookup', 'link'] as const).filter((word) => field[word] !== undefined);
  const [first, second] = said;
  if (first === undefined || second !== undefined) {
    return [
      problemAtKey(
        source,
        second === undefined ? at : [...at, second],
        'one-translation',
        `${name}: ${second === undefined ? 'has no translation' : said.length > 2 ? 'has three translations' : 'has two translations'}`,
        'Say exactly one of `as:` (a codec), `lookup:` (a table) and `link:` (a mapping).',
      ),
    ];
  }
  if (first !== 'as' && field.with !== undefined) {
    return [
      problemAtKey(source, [...at, 'with'], 'unknown-key', `${name}: a ${first} has no options`, 'Remove `with:`.'),
    ];
  }
  if (field.lookup !== undefined && !lookupNames.includes(field.lookup)) {
    return [
      problemAt(
        source,
        [...at, 'lookup'],
        'unknown-lookup',
        `${name}: there is no lookup "${field.lookup}"`,
        suggestion(field.lookup, lookupNames),
      ),
    ];
  }
  const codec = field.as === undefined ? undefined : CODECS[field.as];
  return codec === undefined ? [] : checkedAt(source, [...at, 'with'], field.with ?? {}, codec.options).problems;
});

const columns = perField((name, field, { source, lookups }) => {
  const codec = field.as === undefined ? undefined : CODECS[field.as];
  const lookup = field.lookup === undefined ? undefined : lookups.get(field.lookup)?.lookup;
  return SIDES.flatMap((side) => {
    const count = columnTexts(field, side).length;
    const report = (message: string, remedy: string): Problem[] => [
      problemAt(source, ['fields', name, side], 'arity', `${name}: ${message}, here are ${count}`, remedy),
    ];
    if (field.link !== undefined && count > 1) return report('a reference stands in one column', 'Name one column.');
    if (codec !== undefined && codec.joins !== true && count > 1) {
      return report(
        `the codec "${field.as}" takes one column`,
        'Name one column, or use a codec that joins (`as: join`).',
      );
    }
    if (lookup === undefined || lookup.columns[side] === count) return [];
    return report(
      `the lookup "${field.lookup}" has ${lookup.columns[side]} column(s) for this side`,
      'Name as many columns as the rows have values.',
    );
  });
});

/** A codec that loses something is for one direction; one that joins must be able to split what flows into its columns. */
const turned = perField((name, field, { source }) => {
  const codec = field.as === undefined ? undefined : CODECS[field.as];
  if (codec?.oneWay === undefined) return [];
  for (const side of SIDES) {
    const count = columnTexts(field, side).length;
    if (!flowsTo(field.flow, side) || (!twoWay(field) && count === 1)) continue;
    const why = codec.oneWay((field.with ?? {}) as never, count);
    if (why === undefined) continue;
    const message = `${name}: the codec "${field.as}" cannot be turned round here: ${why}`;
    return [problemAtKey(source, ['fields', name, 'flow'], 'not-invertible', message, 'Let the field flow one way.')];
  }
  return [];
});

const invertible = perField((name, field, { source, lookups }) => {
  const entry = field.lookup === undefined ? undefined : lookups.get(field.lookup);
  if (entry === undefined) return [];
  const { lookup, file } = entry;
  return (['to_erp', 'to_crm'] as const).flatMap((direction) => {
    if (!flowsTo(field.flow, direction === 'to_erp' ? 'erp' : 'crm')) return [];
    const [from, other] = direction === 'to_erp' ? (['crm', 'erp'] as const) : (['erp', 'crm'] as const);
    return lookup.collisions[direction].map(([first, second]) => {
      const pair = [first, second].map((row) => showValue(file.rows[row]?.[other] as never)).join(' and ');
      const key = showValue(file.rows[first]?.[from] as never);
      const way = direction === 'to_erp' ? 'crm <- erp' : 'crm -> erp';
      return problemAt(
        source,
        ['fields', name, 'lookup'],
        'lookup-not-invertible',
        `${name}: in "${lookup.name}" ${key} stands for both ${pair}`,
        `Mark all of these rows but one \`flow: ${way}\`, or let the field flow one way.`,
      );
    });
  });
});

const defaults = perField((name, field, { source }) =>
  SIDES.flatMap((side) => {
    const given = field.default?.[`to_${side}`];
    const at = ['fields', name, 'default', `to_${side}`];
    if (given === undefined) return [];
    if (field.link !== undefined)
      return [problemAtKey(source, at, 'bad-default', `${name}: a reference has no default`, 'Remove it.')];
    if (!flowsTo(field.flow, side)) {
      const message = `${name}: nothing flows to the ${side.toUpperCase()}, so this default is never used`;
      return [problemAtKey(source, at, 'default-never-used', message, 'Remove it.')];
    }
    const value = canonicalOf(field, given);
    if (!(value instanceof Fault)) return [];
    const message = `${name}: the default cannot be used: ${value.message}`;
    return [problemAt(source, at, 'bad-default', message, 'Correct the value.')];
  }),
);

const required = perField((name, field, { source }) =>
  SIDES.flatMap((side) => {
    if (field.required !== `to_${side}` || flowsTo(field.flow, side)) return [];
    const message = `${name}: is never written to the ${side.toUpperCase()}, so it cannot be required there`;
    const place = ['fields', name, 'required'];
    return [problemAt(source, place, 'required-never-written', message, 'Correct `required:` or `flow:`.')];
  }),
);

const flagWords = perField((name, field, { source }: Subject) => {
  if (field.as !== 'flag') return [];
  return SIDES.flatMap((side) => {
    const names = field.with?.[side];
    if (typeof names !== 'object' || names === null || !flowsTo(field.flow, side)) return [];
    const said = new Set(Object.values(names));
    if (said.has(true) && said.has(false)) return [];
    return [
      problemAt(
        source,
        ['fields', name, 'with', side],
        'not-invertible',
        `${name}: the ${side.toUpperCase()} has no word for ${said.has(true) ? 'false' : 'true'}`,
        'Name a word for true and one for false.',
      ),
    ];
  });
});

/** Rules about single fields. */
export const FIELD_RULES: readonly LintRule[] = [
  directionWords,
  translation,
  columns,
  turned,
  invertible,
  defaults,
  required,
  flagWords,
  ...LINK_RULES,
];

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
  if ((field.as === undefined) === (field.lookup === undefined)) {
    const both = field.as !== undefined;
    return [
      problemAtKey(
        source,
        both ? [...at, 'lookup'] : at,
        'one-translation',
        `${name}: ${both ? 'has two translations' : 'has no translation'}`,
        'Say exactly one of `as:` (a codec) and `lookup:` (a table).',
      ),
    ];
  }
  if (field.lookup !== undefined && field.with !== undefined) {
    return [
      problemAtKey(source, [...at, 'with'], 'unknown-key', `${name}: a lookup has no options`, 'Remove `with:`.'),
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
  const problems: Problem[] = [];
  const codec = field.as === undefined ? undefined : CODECS[field.as];
  const lookup = field.lookup === undefined ? undefined : lookups.get(field.lookup)?.lookup;
  for (const side of SIDES) {
    const count = columnTexts(field, side).length;
    const at = ['fields', name, side];
    if (codec !== undefined && codec.joins !== true && count > 1) {
      problems.push(
        problemAt(
          source,
          at,
          'arity',
          `${name}: the codec "${field.as}" takes one column, here are ${count}`,
          'Name one column, or use a codec that joins (`as: join`).',
        ),
      );
    }
    if (lookup !== undefined && lookup.columns[side] !== count) {
      problems.push(
        problemAt(
          source,
          at,
          'arity',
          `${name}: the lookup "${field.lookup}" has ${lookup.columns[side]} column(s) for this side, here are ${count}`,
          'Name as many columns as the rows have values.',
        ),
      );
    }
    if (codec?.oneWay === undefined || !flowsTo(field.flow, side)) continue;
    // Writing one column of a joining codec is always possible; a codec that loses something is never two-way.
    const why = twoWay(field) || count > 1 ? codec.oneWay((field.with ?? {}) as never, count) : undefined;
    if (why !== undefined)
      problems.push(
        problemAtKey(
          source,
          ['fields', name, 'flow'],
          'not-invertible',
          `${name}: the codec "${field.as}" cannot be turned round here: ${why}`,
          'Let the field flow one way.',
        ),
      );
  }
  return problems.slice(0, 2);
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

const wordsOfTarget = perField((name, field, { source }) => {
  const problems: Problem[] = [];
  for (const side of SIDES) {
    const direction = `to_${side}` as const;
    const given = field.default?.[direction];
    const at = ['fields', name, 'default', direction];
    if (given !== undefined && !flowsTo(field.flow, side)) {
      problems.push(
        problemAtKey(
          source,
          at,
          'default-never-used',
          `${name}: nothing flows to the ${side.toUpperCase()}, so this default is never used`,
          'Remove it.',
        ),
      );
    } else if (given !== undefined && given !== null) {
      const value = canonicalOf(field, given as never);
      if (value instanceof Fault)
        problems.push(
          problemAt(
            source,
            at,
            'bad-default',
            `${name}: the default cannot be used: ${value.message}`,
            'Correct the value.',
          ),
        );
    }
    if (field.required === direction && !flowsTo(field.flow, side)) {
      problems.push(
        problemAt(
          source,
          ['fields', name, 'required'],
          'required-never-written',
          `${name}: is never written to the ${side.toUpperCase()}, so it cannot be required there`,
          'Correct `required:` or `flow:`.',
        ),
      );
    }
  }
  return problems;
});

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
  invertible,
  wordsOfTarget,
  flagWords,
];

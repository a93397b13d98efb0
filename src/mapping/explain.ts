/** A plan as lines that people read: for the terminal, the API and the journal. */
import { ERRORS, type ErrorCode } from '../domain/errors.ts';
import type { FieldDecision, LinkPlan } from '../domain/plan.ts';
import { safeText, showValue } from './show.ts';

/** One field: both values, what they last agreed on, what follows and why. Everything is safe to print. */
export interface ExplainLine {
  readonly field: string;
  readonly crm: string;
  readonly erp: string;
  readonly base: string;
  readonly decision: string;
  readonly reason: string;
  readonly code?: ErrorCode;
  /** What to do about it, for what is parked. */
  readonly fix?: string;
}

const SAYS: Readonly<Record<FieldDecision['decision'], string>> = {
  none: 'nothing to do',
  agree: 'agreed',
  to_crm: 'write to the CRM',
  to_erp: 'write to the ERP',
  park: 'parked',
  'drift-kept': 'drift kept',
  'drift-reported': 'drift reported',
  'drift-restored': 'drift put back',
};

const decided = ({ decision, value }: FieldDecision): string => {
  const writes = decision === 'to_crm' || decision === 'to_erp' || decision === 'drift-restored';
  return writes ? `${SAYS[decision]}: ${showValue(value)}` : SAYS[decision];
};

/** Turn a plan into lines, the record's own trouble first. */
export const explain = (plan: LinkPlan): readonly ExplainLine[] => {
  const parked = new Map(plan.parked.map((each) => [each.field, each]));
  const whole = parked.get('');
  const record: ExplainLine[] =
    whole === undefined
      ? []
      : [
          {
            field: '(record)',
            crm: '',
            erp: '',
            base: '',
            decision: `parked (${whole.code})`,
            reason: safeText(whole.message),
            code: whole.code,
            fix: ERRORS[whole.code].fix,
          },
        ];
  return [
    ...record,
    ...plan.fields.map((line): ExplainLine => {
      const why = parked.get(line.field);
      const facts = {
        field: line.field,
        crm: showValue(line.crm),
        erp: showValue(line.erp),
        base: showValue(line.base),
      };
      if (why === undefined) return { ...facts, decision: decided(line), reason: line.reason };
      return {
        ...facts,
        decision: `parked (${why.code})`,
        reason: `${line.reason}: ${safeText(why.message)}`,
        code: why.code,
        fix: ERRORS[why.code].fix,
      };
    }),
  ];
};

const COLUMNS = ['field', 'crm', 'erp', 'base', 'decision', 'reason'] as const;
const TITLES: Readonly<Record<(typeof COLUMNS)[number], string>> = {
  field: 'field',
  crm: 'CRM',
  erp: 'ERP',
  base: 'last agreed',
  decision: 'decision',
  reason: 'why',
};
const WIDEST = 28;

const fitted = (text: string): string => (text.length > WIDEST ? `${text.slice(0, WIDEST - 1)}…` : text);

/** The lines as a table of aligned columns; the last one runs on. */
export const explainTable = (lines: readonly ExplainLine[]): string => {
  const rows = [TITLES, ...lines].map((line) =>
    COLUMNS.map((name) => (name === 'reason' || name === 'decision' ? line[name] : fitted(line[name]))),
  );
  const widths = COLUMNS.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === COLUMNS.length - 1 ? cell : cell.padEnd(widths[i] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
};

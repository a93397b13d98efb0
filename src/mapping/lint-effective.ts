/** What `effective:` must keep. */
import { SIDES, type Side } from '../domain/record.ts';
import { columnTexts } from './field.ts';
import { flowsTo, type LintRule, problemAt, problemAtKey, type Subject } from './lint-kit.ts';
import type { Problem } from './problem.ts';
import type { MappingFile } from './schema.ts';

/** The paths that it reads at a side, and where the file says so. */
export const effectivePaths = (
  { effective }: MappingFile,
  side: Side,
): readonly { readonly text: string; readonly place: readonly PropertyKey[] }[] => {
  const { from, until, after = {} } = effective?.[side] ?? {};
  const at = (text: string, ...place: PropertyKey[]) => ({ text, place: ['effective', side, ...place] });
  return [
    ...(typeof from === 'string' ? [at(from, 'from')] : (from ?? []).map((text, i) => at(text, 'from', i))),
    ...(until === undefined ? [] : [at(until, 'until')]),
    ...Object.keys(after).map((text) => at(text, 'after', text)),
  ];
};

const whole = (side: Side, { file, source }: Subject): readonly Problem[] => {
  const said = file.effective?.[side];
  if (said === undefined) return [];
  const report = (key: string, message: string, remedy: string) =>
    problemAtKey(source, ['effective', side, ...(key === '' ? [] : [key])], 'effective-until', message, remedy);
  if (said.from === undefined && said.until === undefined)
    return [report('', 'it names no day', 'Say `from:`, or `until:` with `after:`, or remove it.')];
  if (said.until !== undefined && Object.keys(said.after ?? {}).length === 0)
    return [report('until', 'a last day has come and nothing follows', 'Say under `after:` what it counts as then.')];
  if (said.until === undefined && said.after !== undefined)
    return [report('after', 'nothing says after which day', 'Add `until:` and the path of the last day.')];
  return [];
};

/** What a record counts as must be something that is read. */
const unused = (side: Side, { file, source }: Subject): readonly Problem[] => {
  const read = new Set([
    ...Object.values(file.fields).flatMap((field) => columnTexts(field, side)),
    ...Object.keys(file.include?.[side] ?? {}),
    ...Object.keys(file.identity.retired?.[side] ?? {}),
  ]);
  return Object.keys(file.effective?.[side]?.after ?? {}).flatMap((text) =>
    read.has(text)
      ? []
      : [
          problemAtKey(
            source,
            ['effective', side, 'after', text],
            'effective-unused',
            `no field reads "${text}", so nothing would follow`,
            'Name the column of a field, or map it.',
          ),
        ],
  );
};

/** Elements of lists have no days of their own. */
const lists = (side: Side, { file, source }: Subject): readonly Problem[] =>
  Object.entries(file.lines ?? {}).flatMap(([name, { fields }]) =>
    file.effective?.[side]?.from === undefined ||
    !Object.values(fields).some(({ flow }) => flowsTo(flow, side === 'crm' ? 'erp' : 'crm'))
      ? []
      : [
          problemAt(
            source,
            ['lines', name],
            'effective-lines',
            `${name}: a list cannot wait for the day of its record`,
            'Remove `from:`, or map the list in a mapping of its own.',
          ),
        ],
  );

/** Rules about days. */
export const EFFECTIVE_RULES: readonly LintRule[] = [whole, unused, lists].map(
  (rule): LintRule =>
    (subject) =>
      SIDES.flatMap((side) => rule(side, subject)),
);

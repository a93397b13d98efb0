/** What a record is part of, level by level, over the references that are declared acyclic. */
import type { Json } from '../../domain/json.ts';
import type { Baseline } from '../../domain/plan.ts';
import { lineNamed } from '../../mapping/lines.ts';
import { decodeBaseline } from '../codec.ts';
import type { Database } from '../database.ts';

/** One use: `source` has it as a part, by a record of `mapping` (a bill of materials, or the source itself). */
export interface Use {
  /** 1: directly; 2: in what that is part of. */
  readonly level: number;
  readonly mapping: string;
  /** Links: of the record that says so, of what is used, and of what uses it. */
  readonly holder: string;
  readonly part: string;
  readonly source: string;
  /** What people call the part and what uses it. */
  readonly partLabel: string;
  readonly label: string;
  /** `components[10].component`. */
  readonly field: string;
  /** What was agreed on of the record that says so, and of its line: by the fields' names, without lists. */
  readonly said: Readonly<Record<string, Json>>;
  readonly line: Readonly<Record<string, Json>>;
}

/** Uses, and whether there are more than are shown. */
export interface WhereUsed {
  readonly uses: readonly Use[];
  readonly more: boolean;
}

export const USES_LIMIT = 1_000;

interface Row {
  readonly mapping: string;
  readonly holder: string;
  readonly name: string;
  readonly source: string;
  readonly part: string;
  readonly body: Buffer | null;
  readonly label: string | null;
  readonly part_label: string | null;
}

/** The line that a name speaks of, and its field there; the record itself has no line. */
const placed = (name: string): { readonly line?: string; readonly field: string } => {
  const of = lineNamed(name);
  return of === undefined ? { field: name } : { line: `${of.lines}[${of.key}]`, field: of.field };
};

const valuesOf = (baseline: Baseline, line: string | undefined): Readonly<Record<string, Json>> =>
  Object.fromEntries(
    Object.entries(baseline).flatMap(([name, { value }]) => {
      const at = placed(name);
      return at.line === line && value !== null ? [[at.field, value] as const] : [];
    }),
  );

/** Do the days that it names, first and last, contain this one? Days as ISO text compare as text. */
const inForce = (said: Readonly<Record<string, Json>>, day: string): boolean => {
  const { 'valid from': from, 'valid to': to } = said;
  return !(typeof from === 'string' && from.slice(0, 10) > day) && !(typeof to === 'string' && to.slice(0, 10) < day);
};

const LABEL = `(select coalesce(nullif(r.label, ''), r.id) from record r where r.link = %s and r.active order by r.label = '', r.slot limit 1)`;

/**
 * Where a link is used, at most `levels` up. With `on` (YYYY-MM-DD) only by what is in force on that day, by the fields `valid
 * from` and `valid to` of a record and of its line. What was asked for and set aside as a loop is no use.
 */
export const whereUsed = async (
  db: Database,
  link: string,
  { levels, on, mappings }: { readonly levels: number; readonly on?: string; readonly mappings: readonly string[] },
): Promise<WhereUsed> => {
  const uses: Use[] = [];
  const seen = new Set([link]);
  let parts = [link];
  let cut = false;
  for (let level = 1; level <= levels && parts.length > 0 && uses.length <= USES_LIMIT; level += 1) {
    const rows = await db.query<Row>(
      `select e.mapping, e.link as holder, e.name, e.source, e.target as part, b.body,
         ${LABEL.replace('%s', 'e.source')} as label, ${LABEL.replace('%s', 'e.target')} as part_label
       from edge e left join baseline b on b.link = e.link and b.mapping = e.mapping
       where e.mapping = any($1) and e.target = any($2::uuid[]) and not e.held
       order by label, e.mapping, e.link, e.name limit ${USES_LIMIT + 1}`,
      [mappings, parts],
    );
    // Those that are not in force count as well: what was not read may be.
    cut ||= rows.length > USES_LIMIT;
    const next = new Set<string>();
    for (const row of rows) {
      const baseline = decodeBaseline(row.body);
      const at = placed(row.name).line;
      const said = valuesOf(baseline, undefined);
      const line = at === undefined ? {} : valuesOf(baseline, at);
      if (on !== undefined && !(inForce(said, on) && inForce(line, on))) continue;
      const { mapping, holder, name: field, source, part } = row;
      const labels = { label: row.label ?? '', partLabel: row.part_label ?? '' };
      uses.push({ level, mapping, holder, part, source, ...labels, field, said, line });
      if (!seen.has(source)) next.add(source);
    }
    for (const each of next) seen.add(each);
    parts = [...next];
  }
  return { uses: uses.slice(0, USES_LIMIT), more: cut || uses.length > USES_LIMIT };
};

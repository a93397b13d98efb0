/** Which records refer to which, remembered for what belongs to a document with a life: its deliveries, invoices, payments. */
import type { Mapping } from '../../mapping/port.ts';
import { followed } from '../../mapping/reference.ts';
import type { Database } from '../database.ts';
import type { Context } from './context.ts';
import type { LinkRow } from './load.ts';

/** Do references of a mapping lead, over others, to one whose records have a life? */
const leadsToLife = (all: ReadonlyMap<string, Mapping>, name: string, seen = new Set<string>()): boolean => {
  if (seen.has(name)) return false;
  seen.add(name);
  const mapping = all.get(name);
  return (
    mapping !== undefined &&
    (mapping.process !== undefined || mapping.references.some((each) => leadsToLife(all, each.mapping, seen)))
  );
};

/** Remember what the records of a round refer to, as far as it belongs to a document. A reference that moved is moved. */
export const noteRelated = async (
  context: Context,
  db: Database,
  mapping: Mapping,
  rows: readonly LinkRow[],
): Promise<void> => {
  const fields = mapping.references.filter((each) => leadsToLife(context.mappings(), each.mapping));
  if (fields.length === 0) return;
  const found = rows.flatMap((row) =>
    fields.flatMap(({ field, mapping: to }) => {
      const [id, side] = [
        row.members.crm === undefined ? undefined : mapping.referencesIn('crm', row.members.crm.observed.body)[field],
        'crm' as const,
      ];
      const erp =
        row.members.erp === undefined ? undefined : mapping.referencesIn('erp', row.members.erp.observed.body)[field];
      const at =
        id === undefined
          ? erp === undefined
            ? undefined
            : followed(row.references, to, 'erp', erp)
          : followed(row.references, to, side, id);
      return at?.state === 'linked' ? [{ child: row.link, field, parent: at.thing }] : [];
    }),
  );
  if (found.length === 0) return;
  await db.query(
    `insert into related (child, mapping, field, parent) select c, $1, f, p from unnest($2::uuid[],$3::text[],$4::uuid[]) as t(c,f,p) order by c, f
     on conflict (child, mapping, field) do update set parent = excluded.parent where related.parent <> excluded.parent`,
    [mapping.name, found.map(({ child }) => child), found.map(({ field }) => field), found.map(({ parent }) => parent)],
  );
};

/** A document's life and its totals, compiled over the fields of its mapping. */
import { compileField, type Field } from './field.ts';
import type { Lines } from './lines.ts';
import type { LookupEntry } from './lookup.ts';
import { compileProcess } from './process.ts';
import type { Process } from './process-port.ts';
import type { MappingFile } from './schema.ts';
import type { Total } from './totals.ts';

/** The parts of a mapping that are about its records' life. */
export interface Life {
  readonly totals: readonly Total[];
  readonly process?: Process;
}

/** Compile them; the gate may read fields of what references lead to. */
export const lifeOf = (
  file: MappingFile,
  { fields, lines }: { readonly fields: readonly Field[]; readonly lines: readonly Lines[] },
  lookups: ReadonlyMap<string, LookupEntry>,
  definitions: ReadonlyMap<string, MappingFile>,
): Life => {
  const field = (name: string) => fields.find((each) => each.name === name);
  const list = (name: string) => lines.find((each) => each.name === name);
  const behind = (mapping: string | undefined, name: string): Field | undefined => {
    const other = definitions.get(mapping ?? '')?.fields[name];
    return other === undefined ? undefined : compileField(name, other, lookups.get(other.lookup ?? '')?.lookup);
  };
  const linked = (link: string, name: string) => behind(file.fields[link]?.link, name);
  const linkedBy = (of: string, link: string, name: string) => behind(file.lines?.[of]?.fields[link]?.link, name);
  const totals = (file.totals ?? []).flatMap((total) => {
    const at = list(total.lines);
    const sum = field(total.field);
    const of = at?.fields.find(({ name }) => name === total.of);
    return at === undefined || sum === undefined || of === undefined ? [] : [{ field: sum, lines: at, of }];
  });
  return {
    totals,
    ...(file.process === undefined
      ? {}
      : { process: compileProcess(file.process, { field, lines: list, linked, linkedBy }, { fields, lines }) }),
  };
};

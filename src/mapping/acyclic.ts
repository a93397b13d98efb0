/** References that may not run in a loop: a BOM whose product is part of itself, somebody who is their own superior. */
import type { Baseline } from '../domain/plan.ts';
import { lineNamed } from './lines.ts';
import type { Acyclic, Mapping, Tie } from './port.ts';
import type { MappingFile } from './schema.ts';

const declared = (file: MappingFile): readonly Acyclic[] =>
  [
    { before: '', fields: file.fields },
    ...Object.entries(file.lines ?? {}).map(([name, { fields }]) => ({ before: `${name}.`, fields })),
  ].flatMap(({ before, fields }) =>
    Object.entries(fields).flatMap(([name, { link, acyclic }]) =>
      link === undefined || acyclic === undefined
        ? []
        : [{ field: `${before}${name}`, mapping: link, ...(acyclic === true ? {} : { from: acyclic }) }],
    ),
  );

const idOf = (baseline: Baseline, name: string): string | undefined => {
  const value = baseline[name]?.value;
  return typeof value === 'string' && value !== '' ? value : undefined;
};

/** See {@link Mapping.ties}. */
export const acyclicOf = (file: MappingFile): Pick<Mapping, 'acyclic' | 'ties'> => {
  const acyclic = declared(file);
  const byField = new Map(acyclic.map((each) => [each.field, each]));
  return {
    acyclic,
    ties: (baseline) =>
      acyclic.length === 0
        ? []
        : Object.keys(baseline).flatMap((name): readonly Tie[] => {
            const line = lineNamed(name);
            const each = byField.get(line === undefined ? name : `${line.lines}.${line.field}`);
            const to = idOf(baseline, name);
            if (each === undefined || to === undefined) return [];
            if (each.from === undefined) return [{ acyclic: each, name, to }];
            const from = idOf(baseline, each.from);
            return from === undefined ? [] : [{ acyclic: each, name, from, to }];
          }),
  };
};

/** The `links:` of a case: what its references lead to. */
import { SIDES } from '../domain/record.ts';
import { problemAtKey } from './lint-kit.ts';
import type { CompiledMapping } from './mapping.ts';
import { type Problem, suggestion } from './problem.ts';
import { type Reference, type References, referenceKey } from './reference.ts';
import type { CaseFile } from './schema-cases.ts';
import type { Source } from './yaml.ts';

/** Both sides' ids of what a case says is linked, or on its way. */
export const linksOf = (mapping: CompiledMapping, { links = {} }: CaseFile): References => {
  const found = new Map<string, Reference>();
  for (const [name, pairs] of Object.entries(links)) {
    const slots = mapping.references.find((each) => each.mapping === name)?.slots;
    for (const [crm, erp] of Object.entries(pairs)) {
      const on = `${slots?.crm ?? name} ${crm}`;
      if (erp === null) {
        const why = `${on} is not linked yet`;
        found.set(referenceKey(name, 'crm', crm), { state: 'waiting', thing: on, on, why });
        continue;
      }
      const ids = { crm, erp };
      for (const side of SIDES) found.set(referenceKey(name, side, ids[side]), { state: 'linked', thing: on, ...ids });
    }
  }
  return found;
};

/** Links of mappings that no field of this one refers to. */
export const unusedLinks = (
  { name, references }: CompiledMapping,
  source: Source,
  index: number,
  { links = {} }: CaseFile,
): readonly Problem[] => {
  const known = references.map(({ mapping }) => mapping);
  return Object.keys(links)
    .filter((link) => !known.includes(link))
    .map((link) => {
      const message = `no field of ${name} refers to "${link}"`;
      return problemAtKey(source, ['cases', index, 'links', link], 'unknown-link', message, suggestion(link, known));
    });
};

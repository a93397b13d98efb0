/** What `on_leave:` must keep: it speaks of fields of two mappings. */
import { type LintRule, problemAt } from './lint-kit.ts';
import { type Problem, suggestion } from './problem.ts';

/** Every name in it leads somewhere. */
export const leave: LintRule = ({ file, source, mappings, mappingNames }) =>
  (file.on_leave?.reassign ?? []).flatMap((rule, i): readonly Problem[] => {
    const at = (place: readonly PropertyKey[], message: string, remedy: string): Problem =>
      problemAt(source, ['on_leave', 'reassign', i, ...place], 'leave-unknown', message, remedy);
    const owned = mappings.get(rule.mapping);
    // What is wrong with a file that could not be read is said of that file.
    if (owned === undefined)
      return mappingNames.includes(rule.mapping)
        ? []
        : [at(['mapping'], `there is no mapping "${rule.mapping}"`, suggestion(rule.mapping, [...mappings.keys()]))];
    const both = (name: string, ...place: PropertyKey[]): readonly Problem[] =>
      [file, owned].flatMap((each) =>
        Object.hasOwn(each.fields, name)
          ? []
          : [at(place, `"${name}" is no field of ${each.mapping}`, suggestion(name, Object.keys(each.fields)))],
      );
    const own = owned.fields[rule.field];
    return [
      ...(own?.link === file.mapping
        ? []
        : [
            at(
              ['field'],
              `"${rule.field}" of ${owned.mapping} names nobody of ${file.mapping}`,
              `Name a field of it that says \`link: ${file.mapping}\`.`,
            ),
          ]),
      ...(rule.within === undefined ? [] : both(rule.within, 'within')),
      ...rule.to.flatMap((to, n): readonly Problem[] => {
        if ('same' in to) return both(to.same, 'to', n, 'same');
        if (!('superior' in to) || file.fields[to.superior]?.link === file.mapping) return [];
        const remedy = `Name a field of this mapping that says \`link: ${file.mapping}\`.`;
        return [at(['to', n, 'superior'], `"${to.superior}" leads to no superior`, remedy)];
      }),
    ];
  });

/** View files in, views and problems out. A file with a problem gives no view; the others go on. */
import { checked } from './issues.ts';
import { viewProblems } from './lint-view.ts';
import { inOrder, type Problem } from './problem.ts';
import { ViewFile } from './schema-view.ts';
import { createView, type View } from './view.ts';
import { mappingOf, sideOf, tellingMapping, tellingPart, type ViewsContext } from './view-subject.ts';
import { readYaml } from './yaml.ts';

/** Compile `views/*.yaml`, given as path → text. */
export const compileViews = (
  files: Readonly<Record<string, string>>,
  context: ViewsContext,
): { readonly views: ReadonlyMap<string, View>; readonly problems: readonly Problem[] } => {
  const views = new Map<string, View>();
  const problems: Problem[] = [];
  for (const [path, text] of Object.entries(files)) {
    const { source, problems: broken } = readYaml(path, text);
    problems.push(...broken);
    if (source === undefined) continue;
    const { parsed: file, problems: wrong } = checked(source, ViewFile);
    problems.push(...wrong);
    if (file === undefined) continue;
    const subject = { ...context, file, source };
    const found = viewProblems(subject);
    problems.push(...found);
    if (found.length > 0) continue;
    const parts = {
      side: sideOf(subject),
      mapping: mappingOf(subject),
      telling: tellingMapping(subject),
      of: tellingPart(file)?.part,
      lookups: context.lookups,
      mappings: context.mappings,
    };
    views.set(file.view, createView(file, parts));
  }
  return { views, problems: inOrder(problems) };
};

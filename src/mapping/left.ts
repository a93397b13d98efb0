/** Records that their own system keeps, though they are out of use there or another one took their place. */
import type { JsonObject } from '../domain/json.ts';
import type { Side } from '../domain/record.ts';
import { getPath, pathOf } from './path.ts';
import { bodyPasses, type Filter, filterText } from './planner-rules.ts';
import type { Mapping } from './port.ts';
import type { MappingFile } from './schema.ts';

type Retired = Readonly<Record<Side, readonly Filter[]>>;

/** Every path that `retired`, `merged_into` and `on_leave` name at a side. */
export const leftPaths = ({ identity, on_leave: leave }: MappingFile, side: Side): readonly string[] => [
  ...Object.keys(identity.retired?.[side] ?? {}),
  ...Object.keys(leave?.when[side] ?? {}),
  ...[identity.merged_into?.[side] ?? []].flat(),
];

/** How a mapping tells such records. What a record names as its successor counts only while it is out of use, where the side has a mark for that. */
export const leftOf = ({ identity }: MappingFile, marks: Retired): Pick<Mapping, 'retired' | 'mergedInto'> => {
  const retired = (side: Side, body: JsonObject): boolean => marks[side].length > 0 && bodyPasses(marks[side], body);
  const pathAt = (text: string | undefined) => (text === undefined ? undefined : pathOf(text));
  const paths = { crm: pathAt(identity.merged_into?.crm), erp: pathAt(identity.merged_into?.erp) };
  return {
    retired,
    mergedInto: (side, body) => {
      const path = paths[side];
      if (path === undefined || (marks[side].length > 0 && !retired(side, body))) return undefined;
      return filterText(getPath(body, path)) || undefined;
    },
  };
};

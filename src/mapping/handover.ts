/**
 * Who takes over the records of somebody who has gone, or moved away. Which record names whom is found by the ledger;
 * here stands who counts as gone, and what a plan makes of a record whose owner hands over.
 */
import type { JsonObject } from '../domain/json.ts';
import { SIDES, type Side } from '../domain/record.ts';
import { plainText } from './codec.ts';
import { type DaysBySide, daysOf, viewOf } from './effective.ts';
import { Fault } from './fault.ts';
import { type Field, nativeOf } from './field.ts';
import { pathOf } from './path.ts';
import type { Asked } from './planner-draft.ts';
import type { Outcome } from './planner-look.ts';
import { bodyPasses, filterText } from './planner-rules.ts';
import type { Handover, Mapping, People } from './port.ts';
import type { MappingFile } from './schema.ts';

type Bodies = Readonly<Partial<Record<Side, JsonObject>>>;

const saidBy = (field: Field | undefined, bodies: Bodies): string => {
  if (field === undefined) return '';
  const side = field.flow === 'erp' ? 'crm' : field.flow === 'crm' ? 'erp' : bodies.erp === undefined ? 'crm' : 'erp';
  const body = bodies[side];
  const value = body === undefined ? null : plainText(nativeOf(field[side], body));
  return value instanceof Fault || value === null ? '' : String(value);
};

const observed = (body: JsonObject) => ({ id: '', body, times: {} });

/** The rules of `on_leave:`, where the mapping is one of people, and what the fields of any mapping say. */
export const peopleOf = (file: MappingFile, fields: readonly Field[]): Pick<Mapping, 'people' | 'said' | 'heldAt'> => {
  const { on_leave: leave } = file;
  const said: Mapping['said'] = (name, bodies) =>
    saidBy(
      fields.find((field) => field.name === name),
      bodies,
    );
  const days: DaysBySide = daysOf(file);
  const viewAt = (bodies: Bodies, now: string) => {
    const { crm, erp } = bodies;
    return viewOf(days, fields, {
      ...(crm === undefined ? {} : { crm: observed(crm) }),
      ...(erp === undefined ? {} : { erp: observed(erp) }),
      ...{ baseline: {}, decisions: [], held: {}, now },
    });
  };
  const heldAt: Mapping['heldAt'] = (side, body, now) => viewAt({ [side]: body }, now).state[side]?.body ?? body;
  if (leave === undefined) return { said, heldAt };
  const filters = SIDES.flatMap((side) =>
    Object.entries(leave.when[side] ?? {}).map(([text, allowed]) => ({
      side,
      filter: { text, path: pathOf(text), allowed: new Set(allowed.map(filterText)) },
    })),
  );
  const gone: People['gone'] = (bodies, now) => {
    const view = viewAt(bodies, now);
    return filters.every(({ side, filter }) => {
      const body = view.state[side]?.body;
      return body !== undefined && !view.idle.has(side) && bodyPasses([filter], body);
    });
  };
  return { said, heldAt, people: { gone, reassign: leave.reassign } };
};

/** What is decided of a field whose owner hands over: whatever would stand there in the end, the successor does. */
export const handedOver = (handover: Handover | undefined, { field, crm, erp }: Asked, outcome: Outcome): Outcome => {
  if (handover === undefined || outcome.kind === 'park') return outcome;
  const standing = field.flow === 'crm' ? erp.value : crm.value;
  const value = outcome.kind === 'none' ? standing : outcome.value;
  if (value !== handover.from) return outcome;
  if (handover.to === undefined)
    return {
      kind: 'park',
      code: 'NO_SUCCESSOR',
      reason: handover.why,
      message: handover.why,
      cause: `${handover.from}: nobody takes over`,
    };
  // Written where the field is decided; the other side follows as after any change there.
  return {
    kind: 'write',
    to: field.flow === 'crm' ? 'erp' : 'crm',
    value: handover.to,
    reason: handover.why,
    standsIn: true,
  };
};

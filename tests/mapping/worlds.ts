/** One small field between two small records, and the worlds it meets. */
import type { Json } from '../../src/domain/json.ts';
import type { Agreed, LinkPlan } from '../../src/domain/plan.ts';
import type { CompiledMapping } from '../../src/mapping/mapping.ts';
import { small, stateOf, type World } from './kit.ts';

/** A mapping with one two-way field besides the name. */
export const field = (more: string): CompiledMapping =>
  small(`  city: { crm: town, erp: place, flow: crm <-> erp, as: text, ${more} }`);
/** What both sides agreed on. */
export const agreed = (value: Json, crm: Json = value, erp: Json = value): Agreed => ({ value, crm, erp });
/** A baseline in which the name is settled. */
export const base = (city: Agreed) => ({ name: agreed('A'), city });
/** Two records that differ in the field at most. */
export const world = (
  town: Json | undefined,
  place: Json | undefined,
  baseline: World['baseline'] = {},
  more: Partial<World> = {},
): World => ({
  crm: { name: 'A', ...(town === undefined ? {} : { town }) },
  erp: { title: 'A', ...(place === undefined ? {} : { place }) },
  baseline,
  ...more,
});
/** Plan a world. */
export const plan = (mapping: CompiledMapping, from: World): LinkPlan => mapping.plan(stateOf(from));
/** The line of a field. */
export const lineOf = (made: LinkPlan, name = 'city') => made.fields.find((line) => line.field === name);
/** What is parked, and why. */
export const codes = (made: LinkPlan) => Object.fromEntries(made.parked.map((each) => [each.field, each.code]));

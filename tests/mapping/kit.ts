/** What mapping tests share: files, one round of sync in memory, and records nobody would wish for. */
import { globSync, readFileSync } from 'node:fs';
import type { Json, JsonObject } from '../../src/domain/json.ts';
import type { Baseline, Decision, LinkPlan } from '../../src/domain/plan.ts';
import { SIDES, type Side } from '../../src/domain/record.ts';
import { type CompileOptions, compileMappings } from '../../src/mapping/compile.ts';
import type { CompiledMapping } from '../../src/mapping/mapping.ts';
import { withValues } from '../../src/mapping/path.ts';
import type { LinkState } from '../../src/mapping/port.ts';

/** Every file under mappings/, by path. */
export const shippedFiles = (): Readonly<Record<string, string>> => {
  const root = new URL('../../', import.meta.url).pathname;
  const paths = globSync('mappings/**/*.yaml', { cwd: root });
  return Object.fromEntries(paths.sort().map((path) => [path, readFileSync(`${root}${path}`, 'utf8')]));
};

/** Compile files that must be sound. */
export const compiledOf = (
  files: Readonly<Record<string, string>>,
  options?: CompileOptions,
): ReadonlyMap<string, CompiledMapping> => {
  const { mappings, problems } = compileMappings(files, options);
  if (problems.length > 0) throw new Error(JSON.stringify(problems, null, 2));
  return mappings;
};

/** The only mapping of some files. */
export const only = (mappings: ReadonlyMap<string, CompiledMapping>): CompiledMapping => {
  const [mapping] = mappings.values();
  if (mapping === undefined) throw new Error('there is no mapping');
  return mapping;
};

/** A mapping with these fields (YAML, indented by two) and perhaps more lines and lookups. */
export const small = (
  fields: string,
  more: { readonly text?: string; readonly lookups?: readonly string[]; readonly options?: CompileOptions } = {},
): CompiledMapping => only(compiledOf(smallFiles(fields, more), more.options));

/** The files of {@link small}. */
export const smallFiles = (
  fields: string,
  more: { readonly text?: string; readonly lookups?: readonly string[] } = {},
): Readonly<Record<string, string>> => ({
  'mappings/small.yaml': `mapping: small
revision: 1
summary: A mapping for tests.
between: { crm: { connection: crm, record: Account }, erp: { connection: erp, record: Partner } }
identity: { match_on: [[name]], on_none: { to_erp: create, to_crm: create } }
${more.text ?? ''}
fields:
  name: { crm: name, erp: title, flow: crm <-> erp, as: text, conflict: crm wins }
${fields}
`,
  ...Object.fromEntries((more.lookups ?? []).map((text, i) => [`mappings/lookups/l${i}.yaml`, text])),
});

/** Two systems and what they last agreed on. */
export interface World {
  readonly crm?: JsonObject;
  readonly erp?: JsonObject;
  readonly baseline: Baseline;
  readonly at?: Readonly<Partial<Record<Side, string>>>;
  readonly decisions?: readonly Decision[];
}

/** What the planner is told of a world. */
export const stateOf = ({ crm, erp, baseline, at, decisions }: World): LinkState => {
  const seen = (side: Side, body: JsonObject) => ({
    id: side,
    body,
    times: {},
    ...(at?.[side] === undefined ? {} : { modifiedAt: at[side] }),
  });
  return {
    ...(crm === undefined ? {} : { crm: seen('crm', crm) }),
    ...(erp === undefined ? {} : { erp: seen('erp', erp) }),
    baseline,
    decisions: decisions ?? [],
    held: {},
  };
};

/** What a target makes of a body written to it. */
export type Target = (body: JsonObject, side: Side) => JsonObject;

/** Plan, write, read back, remember: one round. */
export const sync = (
  mapping: CompiledMapping,
  world: World,
  target: Target = (body) => body,
): { readonly world: World; readonly plan: LinkPlan } => {
  const plan = mapping.plan(stateOf(world));
  let baseline: Baseline = { ...world.baseline, ...plan.agreed };
  const bodies: Partial<Record<Side, JsonObject>> = {};
  for (const side of SIDES) {
    const write = plan.writes[side];
    const before = world[side];
    if (before !== undefined) bodies[side] = before;
    if (write === undefined) continue;
    const after = target(withValues(before ?? {}, write.values), side);
    bodies[side] = after;
    const intended = Object.fromEntries(
      Object.entries(plan.intended).filter(([field]) => write.fields.includes(field)),
    );
    baseline = { ...baseline, ...mapping.agreedAfter(side, intended, after) };
  }
  return { plan, world: { ...world, ...bodies, baseline } };
};

/** The world once sync is done: one round, and after a create the round that follows it. */
export const settled = (mapping: CompiledMapping, world: World): World => {
  const first = sync(mapping, world);
  const created = SIDES.some((side) => first.plan.writes[side]?.op === 'create');
  return created ? sync(mapping, first.world).world : first.world;
};

/** A world after settling, with people's edits on top. */
export const edited = (
  world: World,
  edits: Readonly<Partial<Record<Side, Readonly<Record<string, Json>>>>>,
): World => ({
  ...world,
  ...Object.fromEntries(
    SIDES.flatMap((side) => (world[side] === undefined ? [] : [[side, withValues(world[side], edits[side] ?? {})]])),
  ),
});

/** A connector.yaml as its engine uses it: read, corrected by the connection, and found to be sound. */
import type { z } from 'zod';
import { capabilitiesOf, correctedRecords, type DeclaredCapabilities } from './capabilities.ts';
import { type EngineInput, invalidPreset, parsePreset, presetFile } from './preset.ts';

interface WithRecords {
  readonly records: Readonly<Record<string, unknown>>;
}
interface WithCapabilities {
  readonly records: Readonly<Record<string, { readonly capabilities: DeclaredCapabilities }>>;
}
/** What is wrong with a preset that its schema accepts, each with its place and what to do. */
type Problems<P> = (preset: P) => readonly string[];

/** The preset by its schema, when the connection corrects only records that it has. */
const parsed = <P extends WithRecords>({ preset, settings }: EngineInput, schema: z.ZodType<P>): P => {
  const read = parsePreset(schema, preset, presetFile(settings));
  const unknown = correctedRecords(settings.capabilities).find((name) => !Object.hasOwn(read.records, name));
  if (unknown === undefined) return read;
  throw invalidPreset('tallystick.yaml', [
    `connections.${settings.name}.capabilities.${unknown}: ${settings.connector} has no such record; use one of ${Object.keys(read.records).join(', ')}`,
  ]);
};

/** The preset with the connection's corrections in its records. */
const corrected = <P extends WithCapabilities>({ settings }: EngineInput, preset: P): P => {
  const records = Object.entries(preset.records).map(([name, type]) => [
    name,
    { ...type, capabilities: capabilitiesOf(name, type.capabilities, settings) },
  ]);
  return { ...preset, records: Object.fromEntries(records) };
};

/** The same preset, when nothing is wrong with it. */
const sound = <P>({ settings }: EngineInput, preset: P, problemsOf: Problems<P>): P => {
  const file = presetFile(settings);
  const problems = problemsOf(preset).map((problem) => `${file}: ${problem}`);
  if (problems.length > 0) throw invalidPreset(file, problems);
  return preset;
};

/** The preset as it is written; CONFIG_INVALID with everything that is wrong. Its reader asks {@link capabilitiesOf} itself. */
export const readPreset = <P extends WithRecords>(
  input: EngineInput,
  schema: z.ZodType<P>,
  problemsOf: Problems<P>,
): P => sound(input, parsed(input, schema), problemsOf);

/** The preset with the connection's corrections in it; CONFIG_INVALID with everything that is wrong, corrections included. */
export const readCorrected = <P extends WithRecords & WithCapabilities>(
  input: EngineInput,
  schema: z.ZodType<P>,
  problemsOf: Problems<P>,
): P => sound(input, corrected(input, parsed(input, schema)), problemsOf);

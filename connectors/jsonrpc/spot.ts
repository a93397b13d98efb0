/** Places in replies: names and list positions, `error.1.0`; `.` is the whole. */
import { isObject, type Json } from '../../src/domain/json.ts';

/** The value at a place, or undefined when any step is missing. Own keys only, never a throw. */
export const at = (value: Json | undefined, spot: string): Json | undefined => {
  if (spot === '.') return value;
  let here: Json | undefined = value;
  for (const step of spot.split('.')) {
    if (Array.isArray(here)) here = (here as readonly Json[])[Number(step)];
    else if (isObject(here) && Object.hasOwn(here, step)) here = here[step];
    else return undefined;
  }
  return here;
};

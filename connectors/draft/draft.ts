/** What an interview makes, for a system of any kind. */
import type { JsonObject } from '../../src/domain/json.ts';
import type { FieldDescription } from '../sdk/seam.ts';
import type { Guess } from './guess.ts';

/** What was made of a sample, and what a person must know about it. */
export interface Draft {
  readonly preset: JsonObject;
  readonly record: string;
  readonly fields: readonly FieldDescription[];
  readonly understood: readonly (Guess & { readonly what: string })[];
  readonly missing: readonly string[];
  /** Blocks of the record that are likely and not in force, and what they would let be promised. */
  readonly proposal?: { readonly blocks: JsonObject; readonly promises: JsonObject };
}

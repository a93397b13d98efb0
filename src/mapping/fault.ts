/** A value that cannot cross: a typed rejection instead of a throw, so that total functions stay total. */
import type { ErrorCode } from '../domain/errors.ts';

/** Why one value cannot be read or written. */
export class Fault {
  readonly code: ErrorCode;
  /** One sentence without the field's name: `"abc" is not a number`. */
  readonly message: string;
  /** Equal for all values with one cause. */
  readonly cause: string;
  /** The record that stands in the way, as its slot and id. */
  readonly on: string | undefined;
  constructor(code: ErrorCode, message: string, cause: string = message, on?: string) {
    this.code = code;
    this.message = message;
    this.cause = cause;
    this.on = on;
  }
}

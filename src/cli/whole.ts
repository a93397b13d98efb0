import { InvalidArgumentError } from 'commander';

/** Reads a whole number within a range that the refusal names. */
export const whole =
  (least: number, most: number) =>
  (text: string): number => {
    const parsed = Number(text);
    if (!Number.isInteger(parsed) || parsed < least || parsed > most)
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
    return parsed;
  };

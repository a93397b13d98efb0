export interface Say {
  /** Do one step; `update` takes the fraction done, where it is known. */
  step<T>(title: string, estimateS: number, work: (update: (fraction: number) => void) => Promise<T>): Promise<T>;
  note(text: string): void;
}

export declare const say: Say;
export declare class Obstacle extends Error {}
export declare const report: (error: unknown) => number;
export declare const seconds: (ms: number) => string;

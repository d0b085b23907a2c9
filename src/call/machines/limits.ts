// The limits of a call: how often a silent caller was asked whether they are there, and what must happen because its
// time is over. rules/limits.ts decides when.

export interface Limits {
  /** How often the caller was asked whether they are there, since they last spoke or pressed a key. */
  readonly asked: number;
  /** The model knows that little time is left, or will know soon. */
  readonly warned: boolean;
  /** The same, because little money is left. */
  readonly warnedOfCosts: boolean;
  /** What the model must learn between two responses. Undefined: nothing. */
  readonly notice: string | undefined;
  /** Why the call must end. Undefined: it need not. */
  readonly over: "tooLong" | "overBudget" | undefined;
  /** No response may be requested any more. */
  readonly isSpent: boolean;
}

export const noLimits: Limits = {
  asked: 0,
  warned: false,
  warnedOfCosts: false,
  notice: undefined,
  over: undefined,
  isSpent: false,
};

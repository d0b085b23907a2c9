// A mistake of the operator's in the configuration.

/** Something in the configuration that is wrong or, as a warning, probably wrong. Never shows a secret. */
export interface Mistake {
  /** The setting and its source: "PORT", "--port", "PORT in voice.env", "voice.toml:12:1: agents.reception.voice". */
  readonly what: string;
  /** "expected a whole number from 0 to 65535, got "99999"". */
  readonly problem: string;
  readonly hint: string;
}

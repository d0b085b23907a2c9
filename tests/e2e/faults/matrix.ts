// The whole matrix: every fault, at every moment. Data: the cells are run by tests/e2e/faults.test.ts, and are the
// table of docs/reliability.md.

import type { FaultRow } from "./cells.ts";
import { callerRows } from "./matrix-caller.ts";
import { modelRows } from "./matrix-model.ts";
import { voiceRows } from "./matrix-voice.ts";
import { type Cell, type Moment, moments } from "./moments.ts";

export const matrix: readonly FaultRow[] = [...modelRows, ...callerRows, ...voiceRows];

/** One cell that can be, with its place. */
export interface PlacedCell {
  readonly row: FaultRow;
  readonly moment: Moment;
  readonly cell: Cell;
}

/** Every cell that can be, in the order of the table. */
export const cells: readonly PlacedCell[] = matrix.flatMap((row) =>
  moments.flatMap((moment) => {
    const cell = row.cells[moment];
    return typeof cell === "string" ? [] : [{ row, moment, cell }];
  }),
);

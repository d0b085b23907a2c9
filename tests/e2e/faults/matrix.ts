// The whole matrix: every fault at every moment. Data: tests/e2e/faults.test.ts runs the cells, and the tables of
// docs/reliability.md are generated from them.

import type { FaultRow } from "./cells.ts";
import { callerRows } from "./matrix-caller.ts";
import { modelRows } from "./matrix-model.ts";
import { voiceRows } from "./matrix-voice.ts";
import { type Cell, type Moment, moments } from "./moments.ts";

export const matrix: readonly FaultRow[] = [...modelRows, ...callerRows, ...voiceRows];

/** A cell with its place in the matrix. */
export interface PlacedCell {
  readonly row: FaultRow;
  readonly moment: Moment;
  readonly cell: Cell;
}

/** Every cell that can happen, in the order of the tables. */
export const cells: readonly PlacedCell[] = matrix.flatMap((row) =>
  moments.flatMap((moment) => {
    const cell = row.cells[moment];
    return typeof cell === "string" ? [] : [{ row, moment, cell }];
  }),
);

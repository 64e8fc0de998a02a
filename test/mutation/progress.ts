import { SingleBar } from "cli-progress";
import { type Mutant, lineOf } from "./result.js";

/** How far a long run is: a bar on a terminal, else a line for each mutant. */
export class Progress {
  private readonly bar: SingleBar | undefined;
  private done = 0;

  constructor(private readonly total: number) {
    if (!process.stderr.isTTY) return;
    this.bar = new SingleBar({
      format: "{bar} {value}/{total} | {eta_formatted} left | {place}",
    });
    this.bar.start(total, 0, { place: "" });
  }

  tried(mutant: Mutant): void {
    this.done++;
    this.bar?.update(this.done, { place: mutant.place });
    if (this.bar === undefined) console.error(`${this.done}/${this.total} ${lineOf(mutant)}`);
  }

  end(): void {
    this.bar?.stop();
  }
}

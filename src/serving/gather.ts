import type { PlaneProcess } from './plane-process.ts';
import type { Command, Report, RequestRecord } from './plane/protocol.ts';

/** A plane that does not answer within this time is left out, ms. */
const PATIENCE = 2_000;

interface Open {
  plane: PlaneProcess;
  done(latest: RequestRecord[] | undefined): void;
}

/** Asks all planes the same at once, and waits until each has answered, ended, or taken too long. */
export class Gather {
  private readonly open = new Map<number, Open>();
  private readonly planes: readonly PlaneProcess[];
  private next = 1;

  constructor(planes: readonly PlaneProcess[]) {
    this.planes = planes;
  }

  /** What each said; of `stats` the answer is a report of its own, which came before. */
  async ask(command: (id: number) => Command): Promise<Array<RequestRecord[] | undefined>> {
    return await Promise.all(
      this.planes
        .filter(({ up }) => up)
        .map(
          (plane) =>
            new Promise<RequestRecord[] | undefined>((resolve) => {
              const id = this.next++;
              const timer = setTimeout(() => done(undefined), PATIENCE);
              const done = (latest: RequestRecord[] | undefined): void => {
                clearTimeout(timer);
                this.open.delete(id);
                resolve(latest);
              };
              this.open.set(id, { plane, done });
              plane.send(command(id));
            }),
        ),
    );
  }

  told({ id, latest }: Extract<Report, { type: 'told' }>): void {
    this.open.get(id)?.done(latest);
  }

  /** Nothing more is to be expected of it. */
  ended(plane: PlaneProcess): void {
    for (const one of this.open.values()) if (one.plane === plane) one.done(undefined);
  }
}

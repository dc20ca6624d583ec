import type { PlaneProcess } from './plane-process.ts';
import type { Command, Report, RequestRecord } from './plane/protocol.ts';

/** A plane that does not answer within this time is left out, ms. */
const PATIENCE = 2_000;

/** … unless what it is asked for waits for the disk, and for a thread that gives way to all others. */
const LONG_PATIENCE = 60_000;

interface Open {
  plane: PlaneProcess;
  done(told: Said | undefined): void;
}

/** What a plane that answered in time said. */
interface Said {
  latest: RequestRecord[] | undefined;
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
    return (await this.each(command, PATIENCE)).map((said) => said?.latest);
  }

  /** For what takes longer than a word: whether every plane has said that it is done. */
  async done(command: (id: number) => Command): Promise<boolean> {
    return (await this.each(command, LONG_PATIENCE)).every((said) => said !== undefined);
  }

  private async each(command: (id: number) => Command, patience: number): Promise<Array<Said | undefined>> {
    return await Promise.all(
      this.planes
        .filter(({ up }) => up)
        .map(
          (plane) =>
            new Promise<Said | undefined>((resolve) => {
              const id = this.next++;
              const timer = setTimeout(() => done(undefined), patience);
              const done = (said: Said | undefined): void => {
                clearTimeout(timer);
                this.open.delete(id);
                resolve(said);
              };
              this.open.set(id, { plane, done });
              plane.send(command(id));
            }),
        ),
    );
  }

  told({ id, latest }: Extract<Report, { type: 'told' }>): void {
    this.open.get(id)?.done({ latest });
  }

  /** Nothing more is to be expected of it. */
  ended(plane: PlaneProcess): void {
    for (const one of this.open.values()) if (one.plane === plane) one.done(undefined);
  }
}

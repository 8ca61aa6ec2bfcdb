/** What a demo made, taken away again in reverse, whatever happened: once, however often it is asked for. */
export class CleanUp {
  readonly #undo: (() => unknown)[] = [];
  #running: Promise<void> | null = null;

  later(undo: () => unknown): void {
    this.#undo.push(undo);
  }

  get begun(): boolean {
    return this.#running !== null;
  }

  run(): Promise<void> {
    this.#running ??= this.#all();
    return this.#running;
  }

  /** A terminal that closes hangs up; npm and the terminal both pass Ctrl-C on. */
  onSignals(): void {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, async () => {
        await this.run();
        process.exit(130);
      });
    }
  }

  async #all(): Promise<void> {
    for (let undo = this.#undo.pop(); undo !== undefined; undo = this.#undo.pop()) {
      try {
        await undo();
      } catch (error) {
        console.error(`demo: clean-up: ${(error as Error).message}`);
        process.exitCode = 1;
      }
    }
  }
}

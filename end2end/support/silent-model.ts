// A model that takes questions and never answers.
import http from 'node:http';
import type { AddressInfo } from 'node:net';

export class SilentModel {
  private constructor(
    private readonly server: http.Server,
    readonly url: string,
    /** The first question has come. */
    readonly asked: Promise<void>,
    /** Whoever asked it has gone. */
    readonly left: Promise<void>,
  ) {}

  static async start(): Promise<SilentModel> {
    const asked = later();
    const left = later();
    const server = http.createServer((request) => {
      request.socket.once('close', () => left.resolve());
      asked.resolve();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return new SilentModel(server, `http://127.0.0.1:${port}/v1`, asked.promise, left.promise);
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

/** A promise that is kept from outside. */
function later(): { promise: Promise<void>; resolve: () => void } {
  let resolve!: () => void;
  const promise = new Promise<void>((keep) => {
    resolve = keep;
  });
  return { promise, resolve };
}

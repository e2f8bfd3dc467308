// The catalog's HTTP API: GET /def?name= answers with that essential's definition.
import http from 'node:http';
import type { AddressInfo } from 'node:net';

export class Lenz {
  private constructor(
    private readonly server: http.Server,
    private readonly port: number,
  ) {}

  /** Starts one on a free port. */
  static async serve(definitions: Record<string, unknown>): Promise<Lenz> {
    const server = http.createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://lenz');
      const definition = pathname === '/def' ? definitions[searchParams.get('name') ?? ''] : undefined;
      response.writeHead(definition === undefined ? 404 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(definition ?? {}));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Lenz(server, (server.address() as AddressInfo).port);
  }

  /** LENZ_API_BASE_URL. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }
}

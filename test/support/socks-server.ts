// A SOCKS 5 proxy for tests, as tor is one: it knows some names, and each of them is a unix socket of this machine.
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface SocksServer extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
}

/** `names`: paths of sockets by `host:port`. Others are refused as by a host that is not there. */
export async function startSocksServer(names: ReadonlyMap<string, string>): Promise<SocksServer> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    void serve(socket, names);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

async function serve(socket: Socket, names: ReadonlyMap<string, string>): Promise<void> {
  const [methods] = (await once(socket, 'data')) as [Buffer];
  if (!methods.equals(Buffer.from([5, 1, 0]))) return void socket.destroy();
  socket.write(Buffer.from([5, 0]));
  const [request] = (await once(socket, 'data')) as [Buffer];
  const length = request[4] ?? 0;
  const name = `${request.subarray(5, 5 + length).toString('latin1')}:${request.readUInt16BE(5 + length)}`;
  const path = names.get(name);
  if (path === undefined || request[3] !== 3)
    return void socket.end(Buffer.from([5, 4, 0, 1, 0, 0, 0, 0, 0, 0]));
  const target = connect({ path, allowHalfOpen: true });
  target.on('error', () => socket.destroy());
  target.once('connect', () => {
    // In two pieces, as the network may have it.
    socket.write(Buffer.from([5, 0, 0]));
    setTimeout(() => {
      socket.write(Buffer.from([1, 127, 0, 0, 1, 0, 1]));
      socket.pipe(target);
      target.pipe(socket);
    }, 5);
  });
}

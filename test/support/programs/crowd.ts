// Many clients of one server, in a process of their own so that they cost whoever measures as little as they can:
// `crowd PORT IDLE SLOW SMALL LARGE`. A third of the idle ones say nothing, a third stay after a request for SMALL, a third
// stop within their headers; slow ones ask for LARGE and take a kilobyte in about a second. Says `here` when all have come,
// and ends with its input, saying how many the server had ended.
import { connect } from 'node:net';

const [port = '', idle = '', slow = '', small = '', large = ''] = process.argv.slice(2);
const idleKinds = ['silent', 'kept', 'half'] as const;
type Kind = (typeof idleKinds)[number] | 'slow';

let came = 0;
let ended = 0;
let takenBytes = 0;

function come(kind: Kind): Promise<void> {
  // One address has no more ports than the system hands out.
  const localAddress = `127.0.0.${2 + (came++ % 8)}`;
  const socket = connect({ port: Number(port), host: '127.0.0.1', localAddress });
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', () => void ended++);
    socket.on('connect', () => {
      if (kind === 'kept' || kind === 'slow') {
        socket.once('readable', resolve);
        socket.write(
          `${kind === 'kept' ? small : large} HTTP/1.1\r\nHost: crowd\r\nContent-Length: 0\r\n\r\n`,
        );
        if (kind === 'slow') setInterval(() => take(), 1000 + Math.random() * 500);
      } else {
        if (kind === 'half') socket.write('GET /half HTTP/1.1\r\nHost: crowd\r\nAcc');
        resolve();
      }
    });
    const take = (): void => {
      takenBytes += ((socket.read(1024) as Buffer | null) ?? '').length;
    };
  });
}

const kinds: Kind[] = Array.from(
  { length: Number(idle) },
  (_, index) => idleKinds[index % idleKinds.length] ?? 'silent',
);
kinds.push(...Array.from({ length: Number(slow) }, () => 'slow' as const));
let next = 0;
const worker = async (): Promise<void> => {
  for (let kind = kinds[next++]; kind !== undefined; kind = kinds[next++]) await come(kind);
};
await Promise.all(Array.from({ length: 200 }, worker));
console.log('here');
process.stdin.on('end', () => {
  console.log(JSON.stringify({ ended, takenBytes }));
  process.exit();
});
process.stdin.resume();

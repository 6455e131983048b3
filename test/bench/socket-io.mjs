/**
 * A broker on Socket.IO as its users write one: a topic is a room, a call is passed on to whoever answers for its procedure, and
 * the answer is an acknowledgement. Only WebSockets, so that nothing is polled or upgraded.
 */

import { createServer } from 'node:http';
import { Server } from 'socket.io';

const server = createServer();
const io = new Server(server, {
  transports: ['websocket'],
  perMessageDeflate: false,
  serveClient: false,
  // For payloads of 1 MiB.
  maxHttpBufferSize: 4 * 1024 * 1024,
});
const callees = new Map();

io.on('connection', (socket) => {
  socket.on('subscribe', (topic) => socket.join(topic));
  socket.on('publish', (topic, payload) => io.to(topic).emit('event', payload));
  socket.on('register', (procedure) => callees.set(procedure, socket));
  socket.on('call', (procedure, args, done) => callees.get(procedure)?.emit('call', args, done));
  socket.on('ask', (done) => done());
});

server.listen(0, '127.0.0.1', 4096, () => {
  const { port } = server.address();
  process.stdout.write(`${JSON.stringify({ url: `ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket` })}\n`);
});

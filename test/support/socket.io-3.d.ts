/** It has types of its own, which its `exports` keep from who imports it. */
declare module 'socket.io-3' {
  export { Server } from 'socket.io'
}

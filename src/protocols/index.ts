export { default as graphqlWSProtocol, graphqlWS, type GraphQLWSOptions } from './graphql-ws.ts'
export { default as jsonRPCProtocol, jsonRPC, type JsonRPCOptions } from './json-rpc.ts'
export type { ProtocolProbe } from './ready-made.ts'
export { default as socketIOProtocol, socketIO, type SocketIOOptions } from './socket-io.ts'

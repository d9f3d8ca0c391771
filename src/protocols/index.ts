export { default as jsonRPCProtocol, jsonRPC, type JsonRPCOptions } from './json-rpc.ts'
export type { ProtocolProbe } from './ready-made.ts'

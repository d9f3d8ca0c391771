export { default as graphqlWSProtocol, graphqlWS, type GraphQLWSOptions } from './graphql-ws.ts'
export {
  default as graphqlWSSubscriptionProtocol,
  type GraphQLWSSubscriptionOptions,
} from './graphql-ws-subscription.ts'
export { default as jsonRPCProtocol, jsonRPC, type JsonRPCOptions } from './json-rpc.ts'
export { default as mqttProtocol, mqtt, type MqttOptions } from './mqtt.ts'
export { default as mqttTopicProtocol, type MqttTopicOptions } from './mqtt-topic.ts'
export type { ProtocolProbe } from './ready-made.ts'
export { default as socketIORoomProtocol, type RoomEvent, type SocketIORoomOptions } from './socket-io-room.ts'
export { default as socketIOProtocol, socketIO, type SocketIOOptions } from './socket-io.ts'
export { default as stompProtocol, stomp, type StompOptions } from './stomp.ts'
export { default as stompTopicProtocol, type StompTopicOptions } from './stomp-topic.ts'

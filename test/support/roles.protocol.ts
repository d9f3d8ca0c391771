/** What the server of `rooms.ts` speaks, to which the path of each connection says its role. */
import { defineProtocol } from '../../src/wire/protocol.ts'
import rooms from './rooms.protocol.ts'

export default defineProtocol({ ...rooms, url: (_index, _data, _url, { role }) => `/${role}` })
